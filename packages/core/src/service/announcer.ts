import type { EventContract } from "../contract/index.ts";
import type { Consumer } from "../handling/consumer.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { planOf } from "../handling/replay-plan.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { CommandAnswers } from "../operations/command-answers.ts";
import type { ServiceControls } from "../operations/service-controls.ts";
import { storeBehind } from "../outbox/store-behind.ts";
import type { ReplayRefusal } from "../replay/replay-commands.ts";
import type { ControlRow, CursorRow, EpochRow } from "../seams/store.ts";
import {
  announcedContracts,
  type HandlerAnnouncement,
  type ReplayProgress,
  type ServiceAnnouncement,
  describeControl,
} from "../system-topics/index.ts";
import { announceEveryMs, AnnouncementLoop } from "./announcement-loop.ts";
import { serviceContracts } from "./service-contracts.ts";
import { shipsLogs } from "./ships-logs.ts";

/** While something moves that somebody may be watching. */
const whileMovingMs = 2_000;
/** While a handler is paused, so that its own lag can be seen to grow. */
const whilePausedMs = 10_000;

interface Options<Tx> {
  readonly handlers: () => readonly HandlerState<Tx>[];
  readonly consumer: Consumer<Tx>;
  readonly publishes: readonly EventContract[];
  readonly refusals: readonly ReplayRefusal[];
  readonly controls: ServiceControls<Tx>;
  readonly answers: CommandAnswers;
  readonly startedAtMs: number;
}

/** Tells the log what this instance is and how its handlers stand (R9). Never in the way: a failure is one warning. */
export class Announcer<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #options: Options<Tx>;
  readonly #loop: AnnouncementLoop;

  constructor(scope: ServiceScope<Tx>, options: Options<Tx>) {
    this.#scope = scope;
    this.#options = options;
    const specs = options.handlers().map(({ spec }) => spec);
    const contracts = announcedContracts(scope.identity.service, serviceContracts(options.publishes, specs));
    this.#loop = new AnnouncementLoop(scope, contracts, async (state) => {
      const announcement = await this.#compose(state);
      return { announcement, nextMs: untilNext(announcement) };
    });
  }

  /** Announces now, and again in time. Never rejects. */
  announce(): Promise<void> {
    return this.#loop.announce();
  }

  close(): Promise<void> {
    return this.#loop.close();
  }

  async #compose(state: "running" | "stopped"): Promise<ServiceAnnouncement> {
    const { identity, store, surroundings } = this.#scope;
    const rows = await store.unitOfWork(
      async (unit) => ({
        counts: await unit.parked.counts(),
        cursors: await unit.cursors.list(),
        backlog: await unit.outbox.backlog(),
        numbering: await unit.outbox.numbering(),
        stopped: await unit.outbox.stopped(),
        epochs: (await Promise.all(this.#options.handlers().map(({ id }) => unit.handlers.epochs(id)))).flat(),
      }),
      { readOnly: true },
    );
    const handlers: HandlerAnnouncement[] = [];
    for (const handler of this.#options.handlers()) handlers.push(await this.#handler(handler, rows));
    return {
      ...identity,
      state,
      startedAtMs: this.#options.startedAtMs,
      atMs: surroundings.clock.now(),
      publishes: this.#options.publishes.map(({ type }) => type),
      handlers,
      controls: this.#options.controls.announced(),
      answers: this.#options.answers.all(),
      outbox: {
        waiting: rows.backlog.count,
        oldestMs: rows.backlog.oldestMs,
        stoppedSubjects: rows.stopped.length,
        problem: rows.numbering.behind === null ? null : storeBehind(this.#scope, rows.numbering.behind).message,
      },
      ...shipsLogs(this.#scope),
    };
  }

  async #handler(
    handler: HandlerState<Tx>,
    rows: {
      counts: { handlerId: number; epoch: number; state: "waiting" | "dead"; count: number }[];
      cursors: CursorRow[];
      epochs: EpochRow[];
    },
  ): Promise<HandlerAnnouncement> {
    const { spec, row } = handler;
    const paused = handler.controls.pausedAt(this.#scope.surroundings.clock.now());
    const { isCatchingUp, partitions } = this.#options.consumer.behindOf(handler);
    const count = (state: "waiting" | "dead"): number =>
      rows.counts
        .filter((found) => found.handlerId === row.id && found.epoch === row.liveEpoch && found.state === state)
        .reduce((sum, found) => sum + found.count, 0);
    const live = rows.cursors.filter((cursor) => cursor.handlerId === row.id && cursor.epoch === row.liveEpoch);
    return {
      name: spec.name,
      types: [...spec.contracts.values()].map(({ type, version }) => ({ type, version })),
      streams: spec.streams,
      order: spec.order,
      kind: spec.work.kind === "call" ? "call" : "transaction",
      mode: handler.mode,
      askedMode: handler.askedMode,
      isSerial: handler.contention.isSerial,
      from: typeof spec.from === "object" ? new Date(spec.from.timeMs).toISOString() : (spec.from ?? "nowhere"),
      retryDelaysMs: spec.retryDelaysMs,
      ...stateOf(handler, { paused, hasTopic: live.length > 0, isCatchingUp }),
      behind: partitions.length === 0 && paused === null ? null : await this.#behind(live),
      parked: count("waiting"),
      dead: count("dead"),
      replays: this.#replays(handler, rows),
    };
  }

  async #behind(cursors: readonly CursorRow[]): Promise<number> {
    let behind = 0;
    for (const topic of new Set(cursors.map((cursor) => cursor.topic))) {
      for (const { partition, end } of await this.#scope.log.offsets(topic)) {
        const cursor = cursors.find((row) => row.topic === topic && row.partition === partition);
        if (cursor !== undefined) behind += Math.max(0, end - cursor.offset);
      }
    }
    return behind;
  }

  #replays(handler: HandlerState<Tx>, rows: { cursors: CursorRow[]; epochs: EpochRow[] }): ReplayProgress[] {
    const refused = this.#options.refusals
      .filter((refusal) => refusal.handler === handler.spec.name)
      .map(({ commandId, kind, problem }): ReplayProgress => ({
        commandId,
        kind,
        problem,
        epoch: 0,
        state: "refused",
        done: 0,
        total: 0,
        ratePerSecond: null,
        remainingMs: null,
      }));
    const epochs = rows.epochs
      .filter((epoch) => epoch.handlerId === handler.id && epoch.kind !== "live")
      .sort((a, b) => b.epoch - a.epoch);
    return [...epochs.map((epoch) => this.#progress(epoch, rows.cursors)), ...refused];
  }

  #progress(epoch: EpochRow, cursors: readonly CursorRow[]): ReplayProgress {
    const { historyEnds, total, ratePerSecond } = planOf(epoch);
    const left = cursors
      .filter((cursor) => cursor.handlerId === epoch.handlerId && cursor.epoch === epoch.epoch)
      .reduce((sum, cursor) => sum + Math.max(0, (historyEnds[`${cursor.topicId}/${cursor.partition}`] ?? 0) - cursor.offset), 0);
    const done = epoch.state === "cancelled" ? 0 : Math.max(0, total - left);
    const elapsedMs = this.#scope.surroundings.clock.now() - epoch.openedAtMs;
    const rate = ratePerSecond ?? (elapsedMs > 0 && done > 0 ? (done / elapsedMs) * 1000 : null);
    const isDone = epoch.state === "done" || (epoch.state === "running" && left === 0);
    return {
      commandId: epoch.commandId ?? "",
      epoch: epoch.epoch,
      kind: epoch.kind === "rebuild" ? "rebuild" : "rerun",
      state: isDone ? "done" : epoch.state,
      problem: null,
      done,
      total,
      ratePerSecond,
      remainingMs: isDone || rate === null ? null : Math.round((left / rate) * 1000),
    };
  }
}

/** What a handler does now, and why it does not do more. */
function stateOf<Tx>(
  { spec, problem, guards }: HandlerState<Tx>,
  { paused, hasTopic, isCatchingUp }: { paused: ControlRow | null; hasTopic: boolean; isCatchingUp: boolean },
): Pick<HandlerAnnouncement, "state" | "problem"> {
  if (problem !== null) return { state: "stopped", problem };
  if (paused !== null) return { state: "paused", problem: describeControl(paused, spec.name) };
  if (!hasTopic) return { state: "waiting", problem: `no topic of ${spec.streams.join(", ")} exists yet; it is waited for` };
  const { impediment } = guards;
  if (impediment !== null) return { state: impediment.state, problem: impediment.why };
  return { state: isCatchingUp ? "catching-up" : "live", problem: null };
}

function untilNext({ handlers }: ServiceAnnouncement): number {
  const isMoving = handlers.some(
    ({ state, replays }) => state === "catching-up" || replays.some((replay) => replay.state === "running"),
  );
  if (isMoving) return whileMovingMs;
  return handlers.some(({ state }) => state === "paused") ? whilePausedMs : announceEveryMs;
}
