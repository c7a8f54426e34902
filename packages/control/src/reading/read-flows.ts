import type { EventLog } from "throughline/seams";
import { treeOf, type Flow } from "../flow/flow-tree.ts";
import type { Evidence, KnownFailure } from "../flow/handler-outcome.ts";
import { readFailures, type Failure } from "./failures.ts";
import { findFlowEvents, type FlowEventsOptions, type FlowQuery, type LoggedEvent } from "./flow-events.ts";
import { readHandled } from "./handled.ts";
import { receiptHorizonMs } from "./receipts.ts";
import { readServices, type ServicesSeen } from "./services-seen.ts";

/**
 * Reads the flows that a query names, from the event log alone: events, receipts, dead letters and announcements.
 * The events are found by reading every event topic since `sinceMs`; receipts are read from the oldest of those events on.
 */
export async function readFlows(
  log: EventLog,
  query: FlowQuery,
  options: FlowEventsOptions & { nowMs: number },
): Promise<Flow[]> {
  const found = await findFlowEvents(log, query, options);
  const events = [...found.values()].flat();
  if (events.length === 0) return [];
  const evidence = await readEvidence(log, events, options);
  return [...found].map(([correlationId, logged]) => ({ correlationId, roots: treeOf(logged, evidence) }));
}

/** Clocks of producers may be ahead of those of consumers by this much. */
const clockSlackMs = 60_000;

async function readEvidence(
  log: EventLog,
  events: readonly LoggedEvent[],
  options: { nowMs: number; signal?: AbortSignal },
): Promise<Evidence> {
  const signal = options.signal ? { signal: options.signal } : {};
  const services = await readServices(log, options.nowMs, options.signal);
  const sinceMs = Math.min(...events.map(({ event }) => event.timestampMs)) - clockSlackMs;
  const committed = new Map<string, number>();
  for (const service of services.names()) {
    for (const { topic, partition, offset } of await log.committedOffsets(service))
      committed.set(`${service} ${topic} ${partition}`, offset);
  }
  const committedBy = (service: string, topic: string, partition: number) =>
    committed.get(`${service} ${topic} ${partition}`) ?? null;
  return {
    services,
    receipts: await readHandled(log, events, rerunsOf(services), { sinceMs, ...signal }),
    failures: (await readFailures(log, services, signal)).map(knownFailure),
    committed: committedBy,
    settled: committedBy,
    blind: null,
    receiptHorizonMs: await receiptHorizonMs(log),
    nowMs: options.nowMs,
  };
}

/** Which epochs of a handler are reruns, by what its service says. */
export const rerunsOf =
  (services: ServicesSeen) =>
  (service: string, handler: string, epoch: number): boolean =>
    services.handler(service, handler)?.replays.some((replay) => replay.kind === "rerun" && replay.epoch === epoch) ?? false;

function knownFailure({ letter, state }: Failure): KnownFailure {
  const { service, handler, serviceVersion: version, origin, failureId, failedAtMs, attempts, reason } = letter;
  const { name, code, message } = letter.error;
  const error = { name, code, message };
  return { service, handler, version, origin, failureId, failedAtMs, attempts: attempts.length, reason, error, state };
}
