import { crashPoint } from "../crash/index.ts";
import { coreError } from "../errors/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import type { CursorClaim, CursorKey, SuspectEvent } from "../seams/store.ts";
import { deathsBeforeAlone, deathsOfACrasher, untilStored } from "./crash-rules.ts";
import type { ServiceScope } from "./scope.ts";

/** Where an event stands on the cursor's partition. */
type Place = Pick<LogRecord, "offset">;

/** Another owner has the cursor's claim now: this one has lost its partition, and does not know it yet. */
export class ClaimLost extends Error {
  constructor() {
    super("the claim on the cursor was taken by another owner of the partition");
  }
}

/**
 * A lane's claim on its cursor, by which the next owner learns that this one died (R6). It is taken before the first event, and
 * given back when the lane ends without having moved; in between it costs nothing, for a cursor that moved shows that its owner
 * got on. Where two owners died without moving the cursor, the events are run one by one, alone in the process, and each is
 * noted before it runs, until a batch's worth has passed; so one that died with its owner three times is known by itself.
 */
export class LaneClaim<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #key: CursorKey;
  /** As it was taken; null before. */
  #taken: CursorClaim | null = null;
  /** How many more events are run one by one. */
  #carefulFor = 0;

  constructor(scope: ServiceScope<Tx>, key: CursorKey) {
    this.#scope = scope;
    this.#key = key;
  }

  /** Takes the claim, once, and counts the owner before if it died. */
  async take(): Promise<void> {
    if (this.#taken !== null) return;
    const { store, life, settings } = this.#scope;
    const taken = await store.unitOfWork(async (unit) => {
      const cursor = await unit.cursors.lock(this.#key);
      const before = await unit.cursors.claim(this.#key);
      const offset = cursor?.offset ?? 0;
      const hasDied = before !== null && before.owner !== null && before.owner !== life;
      const deaths = before?.offset === offset ? before.deaths + Number(hasDied) : 0;
      const claim = { owner: life, offset, deaths, suspect: suspectAfter(before?.suspect ?? null, offset, hasDied) };
      if (cursor !== null) await unit.cursors.saveClaim(this.#key, claim);
      crashPoint("claim.before-commit");
      return claim;
    });
    crashPoint("claim.after-commit");
    this.#taken = taken;
    if (taken.deaths >= deathsBeforeAlone || taken.suspect !== null) this.#carefulFor = settings.maxBatchRecords;
  }

  /** Events are run one by one. */
  get isCareful(): boolean {
    return this.#carefulFor > 0;
  }

  /** Why this event is not to be run any more; null when it is. */
  verdictOn(record: Place): Error | null {
    const { suspect = null } = this.#taken ?? {};
    if (suspect?.offset !== record.offset || suspect.deaths < deathsOfACrasher) return null;
    return coreError("EVENT_CRASHED_PROCESS", { deaths: suspect.deaths });
  }

  /** Runs the event alone in this process, noted before it runs. Rejects as `work` does, and with `ClaimLost`. */
  alone<T>(record: Place, work: () => Promise<T>): Promise<T> {
    const scope = this.#scope;
    return scope.gate.alone(async () => {
      const { suspect = null } = this.#taken ?? {};
      const deaths = suspect?.offset === record.offset ? suspect.deaths : 0;
      try {
        await this.#note({ offset: record.offset, deaths, isRunning: true });
        crashPoint("claim.after-note");
        const result = await work();
        this.#carefulFor--;
        return result;
      } catch (error) {
        // It did not die of it. While the note stands nothing else may run here, for a death would be this event's.
        await untilStored(scope, () => this.#note({ offset: record.offset, deaths, isRunning: false }));
        throw error;
      }
    });
  }

  /** The lane ends, and its owner lives: whoever comes next counts no death. `offset` is where the cursor stands now. */
  async giveBack(offset: number): Promise<void> {
    if (this.#taken === null || this.#taken.offset !== offset) return;
    await this.#save((claim) => ({ ...claim, owner: null }));
    this.#taken = null;
  }

  async #note(suspect: SuspectEvent): Promise<void> {
    await this.#save((claim) => ({ ...claim, owner: this.#scope.life, suspect }));
  }

  async #save(change: (claim: CursorClaim) => CursorClaim): Promise<void> {
    const { store, life } = this.#scope;
    await store.unitOfWork(async (unit) => {
      await unit.cursors.lock(this.#key);
      const claim = await unit.cursors.claim(this.#key);
      if (claim === null || (claim.owner !== null && claim.owner !== life)) {
        this.#taken = null;
        throw new ClaimLost();
      }
      await unit.cursors.saveClaim(this.#key, change(claim));
    });
  }
}

/** What the one before left of the event that it ran alone; null when the cursor has passed it. */
function suspectAfter(suspect: SuspectEvent | null, offset: number, hasDied: boolean): SuspectEvent | null {
  if (suspect === null || suspect.offset < offset) return null;
  return { ...suspect, deaths: suspect.deaths + Number(suspect.isRunning && hasDied), isRunning: false };
}
