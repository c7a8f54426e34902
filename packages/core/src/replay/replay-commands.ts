import { crashPoint } from "../crash/index.ts";
import { coreError } from "../errors/index.ts";
import { failureDetail, isInfrastructureFailure } from "../handling/failure.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { offsetRanges } from "../handling/offset-ranges.ts";
import { planOf, type ReplayPlan } from "../handling/replay-plan.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import { isAddressed, type ServiceScope } from "../handling/scope.ts";
import type { EventLog } from "../seams/event-log.ts";
import type { CursorRow, DroppedEpoch, EpochRow, ParkedPlace, Run, UnitOfWork } from "../seams/store.ts";
import { type Command, placeOfPartition, readCommand, type ReplayControl, type ReplayStart } from "../system-topics/index.ts";

/** What a rebuild can drop in one transaction; what of it was not handled stands in its plan. */
const mostParked = 100_000;

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

/** Carries out commands about replays. Each opens, changes or ends an epoch in the transaction that marks it as read. */
export function replayCommands<Tx>(scope: ServiceScope<Tx>, options: Options<Tx>): RequestHandler<Tx> {
  return async (unit, record) => {
    const command = readCommand(record.value);
    if (command === null || !isAddressed(scope.identity, command.service) || !isReplayCommand(command)) return;
    const handler = options
      .handlers()
      .find(({ spec }) => spec.name === command.handler || spec.renamedFrom.includes(command.handler));
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

const replayCommandNames: readonly string[] = ["replay", "replay-pause", "replay-resume", "replay-cancel"];

export function isReplayCommand(command: Command): command is ReplayStart | ReplayControl {
  return replayCommandNames.includes(command.command);
}

async function start<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handler: HandlerState<Tx>,
  command: ReplayStart,
  options: Options<Tx>,
): Promise<void> {
  const { kind, commandId } = command;
  // Nobody makes cursors of a run that ends here. Read now: another instance may have begun a rebuild.
  await unit.lockHandler(handler.id);
  const { liveEpoch } = (await unit.handlers.all()).find(({ id }) => id === handler.id) ?? handler.row;
  const live: Run = { handlerId: handler.id, epoch: liveEpoch };
  const epochs = await unit.handlers.epochs(handler.id);
  if (epochs.some((epoch) => epoch.commandId === commandId)) return;
  const cursors = await cursorsOfRange(scope.log, handler, command);
  const problem =
    whyNot(handler, command, await isUnderWay(unit, epochs)) ??
    (kind === "rebuild" ? whatWouldBeLost(await unit.parked.placesOf(live, mostParked + 1), cursors) : null);
  if (problem !== null) {
    scope.logger.error({ commandId, handler: handler.spec.name }, `the ${kind} was refused: ${problem}`);
    options.onRefused({ commandId, handler: handler.spec.name, kind, problem });
    return;
  }
  let before: Pick<ReplayPlan, "liveEnds" | "unhandled"> = {};
  if (kind === "rebuild") {
    // First, for it waits until nothing of the old epoch runs any more: what onReset deletes is then all there is.
    const dropped = await unit.handlers.dropEpoch(live);
    const parkedMeanwhile = whatWouldBeLost(dropped.parked, cursors);
    if (parkedMeanwhile !== null) throw coreError("TX_CONFLICT", { what: parkedMeanwhile });
    before = whatWasHandled(dropped);
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
    historyEnds: Object.fromEntries(cursors.map(({ topicId, partition, end }) => [placeId({ topicId, partition }), end])),
    ...before,
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
      const place = placeOfPartition(range, name, partition);
      const until = Math.min(ends?.get(partition) ?? end, place?.toOffset ?? end);
      // What is not in the range has a cursor at the end, and nothing to read. No cursor lies beyond the log.
      const from = place === null ? end : Math.max(earliest, starts?.get(partition) ?? earliest, place.fromOffset ?? earliest);
      const offset = Math.min(from, end);
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
      found.push({ topicId: id, partition, cursor, end: Math.max(until, offset) });
    }
  }
  return found;
}

/** How far the handler had come in live: what it handles for the first time in its rebuild is no replay. */
function whatWasHandled({ cursors, parked }: DroppedEpoch): Required<Pick<ReplayPlan, "liveEnds" | "unhandled">> {
  const unhandled = new Map<string, number[]>();
  for (const place of parked) {
    const offsets = unhandled.get(placeId(place)) ?? [];
    offsets.push(place.offset);
    unhandled.set(placeId(place), offsets);
  }
  return {
    liveEnds: Object.fromEntries(cursors.map((cursor) => [placeId(cursor), cursor.offset])),
    unhandled: Object.fromEntries([...unhandled].map(([place, offsets]) => [place, offsetRanges(offsets.sort((a, b) => a - b))])),
  };
}

/** One that has read its range is announced as done before its row says so. */
async function isUnderWay<Tx>(unit: UnitOfWork<Tx>, epochs: readonly EpochRow[]): Promise<boolean> {
  for (const epoch of epochs) {
    if (epoch.kind === "live" || (epoch.state !== "running" && epoch.state !== "paused")) continue;
    const { historyEnds } = planOf(epoch);
    const cursors = await unit.cursors.list(epoch);
    if (epoch.state === "paused" || cursors.some((cursor) => cursor.offset < (historyEnds[placeId(cursor)] ?? 0))) return true;
  }
  return false;
}

/** Why a replay cannot be done, whatever is parked; null when it can. */
function whyNot<Tx>({ spec }: HandlerState<Tx>, { kind, range }: ReplayStart, isAnotherUnderWay: boolean): string | null {
  if (isAnotherUnderWay) return `another replay of "${spec.name}" is not done yet; cancel it, or wait for it`;
  if (kind === "rerun") return null;
  if (spec.onReset === null)
    return `"${spec.name}" has no onReset, so what it made cannot be taken back before it is made again; give it one, or use a rerun`;
  if (range.types !== null || range.subjects !== null || range.toMs !== null || (range.places ?? null) !== null)
    return "a rebuild reads everything up to now; use a rerun for a part of history";
  return null;
}

/** What of a handler's parked events and dead letters a rebuild would drop without reading it again; null for nothing. */
function whatWouldBeLost(parked: readonly ParkedPlace[], cursors: readonly RangeCursor[]): string | null {
  const starts = new Map(cursors.map(({ topicId, partition, cursor }) => [placeId({ topicId, partition }), cursor.offset]));
  const lost = parked.find((place) => place.offset < (starts.get(placeId(place)) ?? Number.POSITIVE_INFINITY));
  if (lost !== undefined)
    return `the parked event ${lost.id} lies before the range and would be lost; redrive or discard it first`;
  if (parked.length > mostParked)
    return `more than ${mostParked} events of it are parked or dead, and a rebuild drops them in one transaction; redrive or discard some first`;
  return null;
}

const placeId = ({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string =>
  `${topicId}/${partition}`;
