import { crashPoint } from "../crash/index.ts";
import { failureDetail, isInfrastructureFailure } from "../handling/failure.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import type { ReplayPlan } from "../handling/replay-plan.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { EventLog } from "../seams/event-log.ts";
import type { CursorRow, EpochRow, Run, UnitOfWork } from "../seams/store.ts";
import { readCommand, type ReplayControl, type ReplayStart } from "../system-topics/index.ts";

/** A replay that was asked for and is not done, with why. */
export interface ReplayRefusal {
  readonly commandId: string;
  readonly handler: string;
  readonly kind: "rebuild" | "rerun";
  readonly problem: string;
}

interface Options<Tx> {
  readonly handlers: () => readonly HandlerState<Tx>[];
  readonly onRefused: (refusal: ReplayRefusal) => void;
}

/** Carries out commands to this service. Each opens, changes or ends an epoch in the transaction that marks it as read. */
export function replayCommands<Tx>(scope: ServiceScope<Tx>, options: Options<Tx>): RequestHandler<Tx> {
  return async (unit, record) => {
    const command = readCommand(record.value);
    if (command === null || command.service !== scope.identity.service) return;
    const handler = options.handlers().find(({ spec }) => spec.name === command.handler);
    if (handler === undefined) {
      scope.logger.warn(
        { command: command.command, commandId: command.commandId, handler: command.handler },
        "a command names a handler that this service does not have",
      );
      return;
    }
    if (command.command === "replay") await start(scope, unit, handler, command, options);
    else await control(scope, unit, handler, command);
  };
}

async function start<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handler: HandlerState<Tx>,
  command: ReplayStart,
  options: Options<Tx>,
): Promise<void> {
  const { kind, commandId } = command;
  // Read now: another instance may have begun a rebuild.
  const { liveEpoch } = (await unit.handlers.all()).find(({ id }) => id === handler.id) ?? handler.row;
  const live: Run = { handlerId: handler.id, epoch: liveEpoch };
  const epochs = await unit.handlers.epochs(handler.id);
  if (epochs.some((epoch) => epoch.commandId === commandId)) return;
  const cursors = await cursorsOfRange(scope.log, handler, command);
  const problem = await whyNot(unit, handler, live, command, epochs, cursors);
  if (problem !== null) {
    scope.logger.error({ commandId, handler: handler.spec.name }, `the ${kind} was refused: ${problem}`);
    options.onRefused({ commandId, handler: handler.spec.name, kind, problem });
    return;
  }
  if (kind === "rebuild") {
    // First, for it waits until nothing of the old epoch runs any more: what onReset deletes is then all there is.
    await unit.handlers.dropEpoch(live);
    await reset(unit, handler).catch((error: unknown) => {
      if (!isInfrastructureFailure(error))
        options.onRefused({
          commandId,
          handler: handler.spec.name,
          kind,
          problem: `its onReset failed: ${failureDetail(error).message}`,
        });
      throw error;
    });
    crashPoint("rebuild.after-reset");
  }
  const plan: ReplayPlan = {
    range: command.range,
    publish: command.publish,
    ratePerSecond: command.ratePerSecond,
    historyEnds: Object.fromEntries(cursors.map(({ topicId, partition, end }) => [`${topicId}/${partition}`, end])),
    total: cursors.reduce((sum, { cursor, end }) => sum + Math.max(0, end - cursor.offset), 0),
  };
  const epoch = await unit.handlers.openEpoch(handler.id, {
    kind,
    state: "running",
    commandId,
    plan,
    openedAtMs: scope.surroundings.clock.now(),
  });
  await unit.cursors.add(
    cursors.map(({ cursor, end }) => ({ ...cursor, epoch: epoch.epoch, untilOffset: kind === "rerun" ? end : null })),
  );
  crashPoint("replay.before-commit");
  scope.logger.info({ commandId, handler: handler.spec.name, epoch: epoch.epoch, events: plan.total }, `the ${kind} begins`);
}

async function reset<Tx>(unit: UnitOfWork<Tx>, { spec: { onReset } }: HandlerState<Tx>): Promise<void> {
  await unit.isolate(async (tx) => onReset?.(tx), { savepoint: false, alone: true });
}

async function control<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handler: HandlerState<Tx>,
  command: ReplayControl,
): Promise<void> {
  const epoch = (await unit.handlers.epochs(handler.id)).find(({ commandId }) => commandId === command.replayId);
  if (epoch === undefined || epoch.state === "done" || epoch.state === "cancelled") return;
  if (command.command === "replay-cancel" && epoch.kind === "rebuild") {
    scope.logger.warn(
      { replayId: command.replayId },
      "a rebuild cannot be cancelled, for what it rebuilds is gone already; pause it instead",
    );
    return;
  }
  const state = command.command === "replay-pause" ? "paused" : command.command === "replay-resume" ? "running" : "cancelled";
  await unit.handlers.saveEpoch({ ...epoch, state });
  if (state === "cancelled") await unit.handlers.dropEpoch(epoch);
}

interface RangeCursor {
  readonly topicId: string;
  readonly partition: number;
  readonly cursor: Omit<CursorRow, "epoch" | "untilOffset"> & { epoch: number; untilOffset: null };
  /** Where the range ends: the log's end now, or the offset of `toMs`. */
  readonly end: number;
}

async function cursorsOfRange<Tx>(log: EventLog, handler: HandlerState<Tx>, { range }: ReplayStart): Promise<RangeCursor[]> {
  const found: RangeCursor[] = [];
  const topics = (await log.topics()).filter(({ name }) => handler.spec.streams.includes(name));
  for (const { name, id } of topics) {
    const starts =
      range.fromMs === null
        ? null
        : new Map((await log.offsetsAt(name, range.fromMs)).map(({ partition, offset }) => [partition, offset]));
    const ends =
      range.toMs === null
        ? null
        : new Map((await log.offsetsAt(name, range.toMs)).map(({ partition, offset }) => [partition, offset]));
    for (const { partition, earliest, end } of await log.offsets(name)) {
      const offset = Math.max(earliest, starts?.get(partition) ?? earliest);
      const cursor = {
        handlerId: handler.id,
        epoch: 0,
        topic: name,
        topicId: id,
        partition,
        offset,
        originOffset: offset,
        untilOffset: null,
        logTimeMs: 0,
        reportedOffset: offset,
      } as const;
      found.push({ topicId: id, partition, cursor, end: ends?.get(partition) ?? end });
    }
  }
  return found;
}

/** Why a replay cannot be done; null when it can. */
async function whyNot<Tx>(
  unit: UnitOfWork<Tx>,
  handler: HandlerState<Tx>,
  live: Run,
  { kind, range }: ReplayStart,
  epochs: readonly EpochRow[],
  cursors: readonly RangeCursor[],
): Promise<string | null> {
  const name = handler.spec.name;
  if (epochs.some((epoch) => epoch.kind !== "live" && (epoch.state === "running" || epoch.state === "paused")))
    return `another replay of "${name}" is not done yet; cancel it, or wait for it`;
  if (kind === "rerun") return null;
  if (handler.spec.onReset === null)
    return `"${name}" has no onReset, so what it made cannot be taken back before it is made again; give it one, or use a rerun`;
  if (range.types !== null || range.subjects !== null || range.toMs !== null)
    return "a rebuild reads everything up to now; use a rerun for a part of history";
  const starts = new Map(cursors.map(({ topicId, partition, cursor }) => [`${topicId}/${partition}`, cursor.offset]));
  for (const { id, record } of await unit.parked.ofRun(live, 10_000)) {
    const startsAt = starts.get(`${record.topicId}/${record.partition}`);
    if (startsAt === undefined || record.offset < startsAt)
      return `the parked event ${id} lies before the range and would be lost; redrive or discard it first`;
  }
  return null;
}
