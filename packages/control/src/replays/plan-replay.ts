import type { EventLog } from "throughline/seams";
import type { HandlerAnnouncement, ReplayRange, ReplayStart } from "throughline/system-topics";
import { controlError } from "../errors/catalogue.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countReplayed, replayReach, type ReplayReach } from "./replay-reach.ts";

/** What somebody wants to replay. */
export type ReplayRequest = Pick<ReplayStart, "service" | "handler" | "kind" | "range" | "ratePerSecond" | "publish">;

/** What a replay is going to do, as far as can be known before. */
export interface ReplayPlan extends ReplayRequest {
  /** Records to read; those of other types, and those that the filter leaves out, count too. */
  readonly records: number;
  readonly gone: ReplayReach["gone"];
  /** Events that the handler would be given, by type; null where they were not counted. */
  readonly handed: Readonly<Record<string, number>> | null;
  /** How much of the records the count covers. */
  readonly counted: { readonly records: number; readonly isWhole: boolean } | null;
  /** How long reading takes at the rate that was asked for; null where it is as fast as it goes. */
  readonly lastsMs: number | null;
  readonly isRunning: boolean;
  /** What happens, and what does not, in sentences. */
  readonly notes: readonly string[];
  /** Why the service would refuse it; empty where nothing is known that speaks against it. */
  readonly refused: readonly string[];
}

export interface PlanOptions {
  /** Counts what would be handed, for so long at most; 0: not at all. */
  readonly countWithinMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Plans a replay, and writes nothing.
 * @throws CONTROL_NOT_FOUND where no service has announced the handler
 */
export async function planReplay(
  log: EventLog,
  services: ServicesSeen,
  request: ReplayRequest,
  { countWithinMs, signal }: PlanOptions,
): Promise<ReplayPlan> {
  const handler = announcedHandler(services, request);
  const reach = await replayReach(log, handler, request.range);
  const startedAt = performance.now();
  const count =
    countWithinMs === 0
      ? null
      : await countReplayed(log, handler, request.range, reach, {
          ...(signal === undefined ? {} : { signal }),
          isEnough: () => performance.now() - startedAt > countWithinMs,
        });
  const { ratePerSecond } = request;
  return {
    ...request,
    records: reach.records,
    gone: reach.gone,
    handed: count === null ? null : Object.fromEntries(count.byType),
    counted: count === null ? null : { records: count.records, isWhole: count.isWhole },
    lastsMs: ratePerSecond === null ? null : Math.ceil((reach.records / ratePerSecond) * 1000),
    isRunning: services.absence(request.service) === null,
    notes: [...notesOn(request, handler, reach, services)],
    refused: [...refusals(request, handler)],
  };
}

/** @throws CONTROL_NOT_FOUND */
export function announcedHandler(services: ServicesSeen, at: Pick<ReplayRequest, "service" | "handler">): HandlerAnnouncement {
  const handler = services.handler(at.service, at.handler);
  if (handler !== null) return handler;
  const handlers = services.handlers(at.service).map(({ name }) => name);
  throw controlError(
    "CONTROL_NOT_FOUND",
    handlers.length === 0
      ? { what: `service "${at.service}" that has announced itself`, hint: `known are ${services.names().join(", ") || "none"}` }
      : { what: `handler "${at.handler}" of ${at.service}`, hint: `it has ${handlers.join(", ")}` },
  );
}

const number = (value: number): string => value.toLocaleString("en");

function* notesOn(
  { service, handler: name, kind, range, publish }: ReplayRequest,
  handler: HandlerAnnouncement,
  { gone }: ReplayReach,
  services: ServicesSeen,
): Generator<string> {
  const lost = gone.reduce((sum, { records }) => sum + records, 0);
  const begins = gone.flatMap(({ beginsMs }) => beginsMs ?? []);
  if (lost > 0) {
    const since = begins.length === 0 ? "" : `; the log begins ${new Date(Math.max(...begins)).toISOString()}`;
    yield `The range is older than the log: ${number(lost)} records at its beginning were removed by retention${since}.`;
  }
  if (kind === "rebuild") {
    yield `${name} starts over: its onReset is called, and it is live again when it has caught up. Without an onReset the service refuses it.`;
    const held = handler.parked + handler.dead;
    if (held > 0)
      yield `Its parked events and dead letters (${number(held)}) are dropped where the range reads them again; if some lie before the range, the service refuses it.`;
  } else yield `${name} goes on in live; the replay has an epoch of its own and never becomes live.`;
  if (handler.kind === "call") yield `Its call does not run in a replay unless the handler says replay: "run".`;
  yield publish ? "What it publishes is published again." : "What it publishes is suppressed.";
  const unread = (range.types ?? []).filter((type) => !handler.types.some((one) => one.type === type));
  if (unread.length > 0) yield `${name} does not handle ${unread.join(", ")}, and is given none of it.`;
  const absence = services.absence(service);
  if (absence !== null) yield `${service} does not run now (${absence.state}): the replay begins when it does.`;
}

function* refusals({ handler: name, kind, range }: ReplayRequest, handler: HandlerAnnouncement): Generator<string> {
  const { fromMs, toMs, types, subjects, places = null } = range;
  const other = handler.replays.find(({ state }) => state === "running" || state === "paused");
  if (other !== undefined)
    yield `another replay of ${name} is not done yet (${other.commandId}, ${other.state}); cancel it, or wait for it`;
  if (kind === "rebuild" && isFiltered(range)) yield "a rebuild reads everything up to now; use a rerun for a part of history";
  if (fromMs !== null && toMs !== null && fromMs >= toMs) yield "its range ends before it begins";
  if ([types, subjects, places].some((part) => part?.length === 0))
    yield "its filter is an empty list, which nothing fits; leave it out for all";
  for (const { topic, partition, fromOffset, toOffset } of places ?? []) {
    const where = partition === null ? topic : `${topic}/${partition}`;
    if (!handler.streams.includes(topic)) yield `${name} does not read ${topic}; it reads ${handler.streams.join(", ")}`;
    if (partition === null && (fromOffset !== null || toOffset !== null)) yield `offsets of ${topic} need a partition`;
    if (fromOffset !== null && toOffset !== null && fromOffset >= toOffset) yield `${where} ends before it begins`;
  }
}

const isFiltered = ({ toMs, types, subjects, places = null }: ReplayRange): boolean =>
  [toMs, types, subjects, places].some((part) => part !== null);
