import { crashPoint } from "../crash/index.ts";
import type { CursorRow, EpochRow, ParkedSubject, Run } from "../seams/store.ts";
import type { HandlerState } from "./handler-state.ts";
import { liveMode, type ReplayMode } from "./handler-transaction.ts";
import type { LaneWork } from "./lane.ts";
import { ReplayPace } from "./replay-pace.ts";
import { acceptsReplay, planOf, replayModeOf } from "./replay-plan.ts";
import type { ServiceScope } from "./scope.ts";

/** A lane of a replay, as this instance holds it. */
interface HeldLane {
  readonly run: Run;
  readonly offset: number;
  readonly topicId: string;
  readonly partition: number;
}

/** The rebuilds and reruns of this service's handlers, as the store knew them when this instance last looked. */
export class ReplayEpochs<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handlers: () => readonly HandlerState<Tx>[];
  readonly #paces = new Map<string, ReplayPace>();
  /** Of each replay that runs, how many partitions have history left. */
  readonly #unfinished = new Map<string, number>();
  #epochs = new Map<string, EpochRow>();

  constructor(scope: ServiceScope<Tx>, handlers: () => readonly HandlerState<Tx>[]) {
    this.#scope = scope;
    this.#handlers = handlers;
  }

  /** Looks into the store, the handlers' rows included. */
  async load(): Promise<void> {
    const handlers = this.#handlers();
    const { rows, epochs } = await this.#scope.store.unitOfWork(
      async (unit) => ({
        rows: new Map((await unit.handlers.all()).map((row) => [row.id, row])),
        epochs: (await Promise.all(handlers.map(({ id }) => unit.handlers.epochs(id)))).flat(),
      }),
      { readOnly: true },
    );
    // At once: a live epoch without its row would be taken for one that is no replay.
    for (const handler of handlers) handler.row = rows.get(handler.id) ?? handler.row;
    this.#epochs = new Map(epochs.filter(({ kind }) => kind !== "live").map((epoch) => [epochId(epoch), epoch]));
    for (const epoch of this.#epochs.values()) if (epoch.state === "running") await this.#endIfDone(epoch);
  }

  isPaused(run: Run): boolean {
    return this.#epochs.get(epochId(run))?.state === "paused";
  }

  /** How a parked event of a run is to be handled. */
  async modeOf(row: ParkedSubject): Promise<ReplayMode> {
    const isLive = (): boolean =>
      this.#handlers().some(({ row: { id, liveEpoch } }) => id === row.handlerId && liveEpoch === row.epoch);
    // Another instance may have opened its epoch since this one looked.
    if (!this.#epochs.has(epochId(row)) && !isLive()) await this.load();
    const epoch = this.#epochs.get(epochId(row));
    if (epoch !== undefined) return replayModeOf(epoch);
    return isLive() ? liveMode : { isHistory: () => true, isReplay: () => true, publishes: false };
  }

  /** What a lane of a run does; null for one that is no replay. */
  workOf(run: Run): Pick<LaneWork, "accepts" | "replay" | "pace"> | null {
    const epoch = this.#epochs.get(epochId(run));
    return epoch === undefined
      ? null
      : { accepts: acceptsReplay(planOf(epoch)), replay: replayModeOf(epoch), pace: this.#paceOf(epoch) };
  }

  /** The cursors of each rerun of a handler that is under way. */
  async rerunCursors({ id }: HandlerState<Tx>): Promise<CursorRow[][]> {
    const reruns = [...this.#epochs.values()].filter(
      (epoch) => epoch.handlerId === id && epoch.kind === "rerun" && epoch.state === "running",
    );
    const found: CursorRow[][] = [];
    for (const epoch of reruns)
      found.push(await this.#scope.store.unitOfWork((unit) => unit.cursors.list(epoch), { readOnly: true }));
    return found;
  }

  /** Each instance keeps to its part of a replay's rate. */
  share(lanes: readonly HeldLane[]): void {
    for (const [id, pace] of this.#paces) {
      const epoch = this.#epochs.get(id);
      const ends = epoch === undefined ? {} : planOf(epoch).historyEnds;
      const own = lanes.filter((lane) => epochId(lane.run) === id && lane.offset < (ends[placeId(lane)] ?? 0));
      pace.share(own.length, this.#unfinished.get(id) ?? 0);
    }
  }

  #paceOf(epoch: EpochRow): ReplayPace | null {
    const { ratePerSecond } = planOf(epoch);
    if (ratePerSecond === null) return null;
    const pace = this.#paces.get(epochId(epoch)) ?? new ReplayPace(this.#scope.surroundings, ratePerSecond);
    this.#paces.set(epochId(epoch), pace);
    return pace;
  }

  /** A replay is done when every cursor has passed its history. */
  async #endIfDone(epoch: EpochRow): Promise<void> {
    const { historyEnds } = planOf(epoch);
    await this.#scope.store.unitOfWork(async (unit) => {
      const left = (await unit.cursors.list(epoch)).filter((cursor) => cursor.offset < (historyEnds[placeId(cursor)] ?? 0));
      this.#unfinished.set(epochId(epoch), left.length);
      const now = (await unit.handlers.epochs(epoch.handlerId)).find((row) => row.epoch === epoch.epoch);
      if (left.length > 0 || now?.state !== "running") return;
      await unit.handlers.saveEpoch({ ...now, state: "done" });
      crashPoint("replay.before-done-commit");
    });
  }
}

const placeId = ({ topicId, partition }: Pick<HeldLane, "topicId" | "partition">): string => `${topicId}/${partition}`;
export const epochId = ({ handlerId, epoch }: Run): string => `${handlerId}/${epoch}`;
