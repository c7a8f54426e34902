import type { EventLog } from "throughline/seams";
import { controlError } from "../errors/catalogue.ts";
import { eventTopics } from "./event-topics.ts";
import { mayMean } from "./match-id.ts";
import { scan, spansOf, type ScanOptions } from "./scan.ts";
import { seenEvent, type SeenEvent } from "./seen-event.ts";

/** An event and every place it has in the log: after a crash of its publisher it may stand there twice. */
export interface LoggedEvent {
  readonly event: SeenEvent;
  /** In log order; the first is `event` itself. */
  readonly places: readonly SeenEvent[];
}

export type FlowQuery = { readonly id: string } | { readonly subject: string };

export interface FlowEventsOptions extends ScanOptions {
  readonly sinceMs: number | null;
}

const mostFlows = 20;

/**
 * Finds the events of a flow by its correlation id, by the id of one of its events, or by a subject (then of each flow the
 * subject is in, the newest twenty). Ids may be shortened to six or more characters of their start or end.
 * Answers correlation id → events, oldest flow first.
 */
export async function findFlowEvents(
  log: EventLog,
  query: FlowQuery,
  options: FlowEventsOptions,
): Promise<Map<string, LoggedEvent[]>> {
  const topics = await eventTopics(log);
  const wanted =
    "subject" in query
      ? (event: SeenEvent) => event.subject === query.subject
      : (event: SeenEvent) => mayMean(query.id, flowOf(event)) || mayMean(query.id, event.id);
  const found = await collect(log, topics, wanted, options);
  if ("subject" in query) {
    const flows = [...new Set(found.map(flowOf))].slice(-mostFlows);
    return groupByFlow(await collect(log, topics, (event) => flows.includes(flowOf(event)), options), flows);
  }
  const flow = theFlow(query.id, found);
  if (flow === null) return new Map();
  const whole = found.every((event) => flowOf(event) === flow && mayMean(query.id, flow))
    ? found
    : await collect(log, topics, (event) => flowOf(event) === flow, options);
  return groupByFlow(whole, [flow]);
}

/** An event without a correlation id, from elsewhere, begins a flow of its own. */
export const flowOf = (event: SeenEvent): string => event.correlationId ?? event.id;

/** Which flow an id means: a whole correlation id first, then a whole event id, then the one that a part of an id names. */
function theFlow(id: string, found: readonly SeenEvent[]): string | null {
  if (found.some((event) => flowOf(event) === id)) return id;
  const whole = found.find((event) => event.id === id);
  if (whole !== undefined) return flowOf(whole);
  const flows = [...new Set(found.map(flowOf))];
  if (flows.length > 1) throw controlError("CONTROL_AMBIGUOUS", { what: "flows", given: id, candidates: flows });
  return flows[0] ?? null;
}

async function collect(
  log: EventLog,
  topics: readonly string[],
  wanted: (event: SeenEvent) => boolean,
  options: FlowEventsOptions,
): Promise<SeenEvent[]> {
  const found: SeenEvent[] = [];
  const spans = await spansOf(log, topics, options.sinceMs === null ? { at: "earliest" } : { at: "time", ms: options.sinceMs });
  for await (const batch of scan(log, spans, options)) {
    for (const record of batch) {
      const event = seenEvent(record);
      if (event !== null && wanted(event)) found.push(event);
    }
  }
  return found.toSorted(
    (a, b) => a.timestampMs - b.timestampMs || a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset,
  );
}

/** The events of each of some flows, those that stand in the log more than once as one. */
export function groupByFlow(events: readonly SeenEvent[], flows: readonly string[]): Map<string, LoggedEvent[]> {
  const grouped = new Map<string, Map<string, SeenEvent[]>>(flows.map((flow) => [flow, new Map()]));
  for (const event of events) {
    const flow = grouped.get(flowOf(event));
    if (flow === undefined) continue;
    const identity = `${event.source} ${event.id}`;
    flow.set(identity, [...(flow.get(identity) ?? []), event]);
  }
  return new Map(
    [...grouped].map(([flow, byIdentity]) => [flow, [...byIdentity.values()].map((places) => ({ event: places[0]!, places }))]),
  );
}
