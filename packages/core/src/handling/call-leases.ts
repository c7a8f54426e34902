import { crashPoint } from "../crash/index.ts";
import type { ParkedRow, ParkedSubject } from "../seams/store.ts";
import type { Timer } from "../seams/runtime.ts";
import { isUncertain } from "./call-invocation.ts";
import { deathsBeforeAlone, deathsIn, deathsOfACrasher } from "./crash-rules.ts";
import type { ParkedDelivery } from "./delivery.ts";
import type { CallWork, HandlerState } from "./handler-state.ts";
import type { HandlerTransaction, ReplayMode } from "./handler-transaction.ts";
import { parkedTransaction } from "./parked-transaction.ts";
import type { ServiceScope } from "./scope.ts";

const leaseMs = 15_000;
/** How much of a subject's queue is read to find the event whose turn it is. */
const perSubject = 2;

/** Rows of one run on one stream: what one `HandlerTransaction` can work on. */
export function byStream<T>(items: readonly T[], rowOf: (item: T) => ParkedSubject): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const { epoch, stream } = rowOf(item);
    const id = `${epoch}/${stream}`;
    groups.set(id, [...(groups.get(id) ?? []), item]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/**
 * The leases of a `call` handler on this instance: an event is leased, and its attempt recorded, before it is called (R4). What
 * is held here is renewed until it is let go; the lease of a process that died or hangs runs out, and the event is called again.
 */
export class CallLeases<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #work: CallWork<Tx>;
  readonly #replayOf: (row: ParkedSubject) => Promise<ReplayMode>;
  /** Ids of the events that are called here, or wait for their outcome to be stored. */
  readonly #held = new Set<string>();
  #timer: Timer | null = null;
  #renewing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    scope: ServiceScope<Tx>,
    handler: HandlerState<Tx>,
    work: CallWork<Tx>,
    replayOf: (row: ParkedSubject) => Promise<ReplayMode>,
  ) {
    this.#scope = scope;
    this.#handler = handler;
    this.#work = work;
    this.#replayOf = replayOf;
    this.#scheduleRenewal();
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * Leases at most `room` of the events that may be called now, and records their attempts, in one transaction. Those in whose
   * attempts processes died are left, for the caller to take each alone.
   */
  async take(room: number): Promise<{ taken: ParkedDelivery[]; suspects: ParkedRow[] }> {
    const { surroundings } = this.#scope;
    const isSuspect = (row: ParkedRow): boolean => deathsIn(row, this.#scope.life).deaths >= deathsBeforeAlone;
    const free = await this.#candidates(room, surroundings.clock.now());
    const taken = await this.#lease(
      free.filter((row) => !isSuspect(row)),
      { alone: false },
    );
    return { taken, suspects: free.filter(isSuspect) };
  }

  /** Leases the event whose turn it is in the row's subject, to be called with nothing else running in this process (R6). */
  async takeAlone(row: ParkedRow): Promise<ParkedDelivery | null> {
    return (await this.#lease([row], { alone: true }))[0] ?? null;
  }

  async #lease(candidates: readonly ParkedRow[], { alone }: { alone: boolean }): Promise<ParkedDelivery[]> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    if (candidates.length === 0) return [];
    const groups: { readonly rows: ParkedRow[]; readonly replay: ReplayMode }[] = [];
    for (const rows of byStream(candidates, (row) => row))
      groups.push({ rows, replay: await this.#replayOf(rows[0] as ParkedRow) });
    const taken: ParkedDelivery[] = [];
    const transactions: HandlerTransaction<Tx>[] = [];
    await store.unitOfWork(async (unit) => {
      for (const { rows, replay } of groups) {
        const transaction = parkedTransaction(this.#scope, this.#handler, unit, rows[0] as ParkedRow, { replay });
        transactions.push(transaction);
        for (const queue of await transaction.openQueues(rows, perSubject)) {
          const leased = await this.#leaseNext(transaction, queue, { nowMs, alone });
          if (leased !== null) taken.push(leased);
        }
        await transaction.finish();
      }
    });
    crashPoint("call.after-lease");
    for (const { writes } of transactions) writes.committed();
    for (const { parked } of taken) this.#held.add(parked.id);
    if (transactions.some(({ writes }) => writes.outbox.length > 0)) this.#scope.wakeRelay();
    return taken;
  }

  async #candidates(room: number, nowMs: number): Promise<ParkedRow[]> {
    const { store } = this.#scope;
    const due = (limit: number): Promise<ParkedRow[]> =>
      store.unitOfWork((unit) => unit.parked.due([this.#handler.id], nowMs, limit), { readOnly: true });
    const found = await due(room);
    const free = found.filter((row) => !this.#held.has(row.id));
    // What is held here is under a lease, and due only where it ran out: then there may be more behind it.
    if (free.length === found.length || found.length < room) return free;
    return (await due(room + this.size)).filter((row) => !this.#held.has(row.id)).slice(0, room);
  }

  /** Leases the event of a subject whose turn it is, if there is one. */
  async #leaseNext(
    transaction: HandlerTransaction<Tx>,
    queue: readonly ParkedDelivery[],
    { nowMs, alone }: { nowMs: number; alone: boolean },
  ): Promise<ParkedDelivery | null> {
    for (const delivery of queue) {
      const admission = await transaction.admit(delivery);
      if (admission === "next") continue;
      if (admission === "stop" || this.#held.has(delivery.parked.id)) return null;
      if (!transaction.isCalled(delivery)) {
        await transaction.run(delivery);
        continue;
      }
      const died = deathsIn(delivery.parked, this.#scope.life);
      if (died.alone >= deathsOfACrasher) {
        transaction.attempts.crashed(delivery, died.alone);
        return null;
      }
      // It came to the front only now; it is looked at again by itself.
      if (died.deaths >= deathsBeforeAlone && !alone) return null;
      if (this.#work.check !== undefined || !isUncertain(delivery.parked.attempts, this.#work.keyValidForMs, nowMs))
        return transaction.attempts.lease(delivery, nowMs + leaseMs, { alone });
      transaction.attempts.uncertain(delivery);
      return null;
    }
    return null;
  }

  /** Its outcome is stored, or it is given up: the lease is renewed no more. */
  letGo(id: string): void {
    this.#held.delete(id);
  }

  /**
   * Ends the lease of what is given up here, so that another instance need not wait until it has run out, and takes the attempt
   * for no death of this process. Never rejects.
   */
  async release({ parked }: ParkedDelivery): Promise<void> {
    this.letGo(parked.id);
    try {
      const replay = await this.#replayOf(parked);
      await this.#scope.store.unitOfWork(async (unit) => {
        const transaction = parkedTransaction(this.#scope, this.#handler, unit, parked, { replay });
        const row = (await transaction.openRows([parked])).get(parked.id);
        if (row?.parked.lease?.owner === this.#scope.identity.instance) transaction.attempts.giveUp(row);
        await transaction.finish();
      });
    } catch (error) {
      this.#scope.logger.debug({ handler: this.#handler.spec.name, err: error }, "the lease of a call could not be released");
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#renewing;
  }

  #scheduleRenewal(): void {
    this.#timer = this.#scope.surroundings.clock.after(leaseMs / 3, () => {
      this.#renewing = this.#renew([...this.#held], this.#scope.surroundings.clock.now() + leaseMs);
      void this.#renewing.then(() => {
        if (!this.#isClosed) this.#scheduleRenewal();
      });
    });
  }

  /** Never rejects: a store that is away is asked again in time, or the lease runs out. */
  async #renew(ids: readonly string[], untilMs: number): Promise<void> {
    if (ids.length === 0) return;
    await this.#scope.store
      .unitOfWork((unit) => unit.parked.renewLeases(ids, this.#scope.identity.instance, untilMs))
      .catch(() => undefined);
  }
}
