import type { EventLog } from "throughline/seams";
import { logsTopic, readShippedLines } from "throughline/system-topics";
import { eventsOf } from "../flow/flow-summary.ts";
import type { Flow } from "../flow/flow-tree.ts";
import { isShippedLines } from "../indexing/readable-lines.ts";
import { type LogLine, linesOfFlows } from "../log-lines/log-line.ts";
import { readOrSkip } from "./read-or-skip.ts";
import { readTopic, type ScanOptions } from "./scan.ts";

/** Lines of a request come before its first event, and clocks differ. */
const beforeMs = 60_000;

/** The log lines of flows, by their correlation ids, oldest first: those that services ship, read from the log alone. */
export async function readFlowLines(
  log: EventLog,
  flows: readonly Flow[],
  options: ScanOptions = {},
): Promise<Map<string, LogLine[]>> {
  const found = new Map<string, LogLine[]>(flows.map(({ correlationId }) => [correlationId, []]));
  const times = flows.flatMap((flow) => eventsOf(flow).map(({ timestampMs }) => timestampMs));
  if (times.length === 0) return found;
  const flowOf = new Map(flows.flatMap((flow) => eventsOf(flow).map(({ id }) => [id, flow.correlationId] as const)));
  const sinceMs = times.reduce((a, b) => Math.min(a, b)) - beforeMs;
  for await (const { value } of readTopic(log, logsTopic, { ...options, sinceMs })) {
    const sent = readOrSkip(() => readShippedLines(value));
    if (!isShippedLines(sent)) continue;
    for (const line of linesOfFlows(sent))
      (found.get(line.correlationId ?? "") ?? found.get(flowOf.get(line.eventId ?? "") ?? ""))?.push(line);
  }
  for (const lines of found.values()) lines.sort((a, b) => a.atMs - b.atMs);
  return found;
}
