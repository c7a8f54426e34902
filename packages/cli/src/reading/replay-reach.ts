import type { EventLog } from "throughline/seams";
import type { HandlerAnnouncement, ReplayRange } from "throughline/system-topics";
import { recordsIn, scan, type ScanOptions, seenEvent, type Span, spansOf, timestampAt } from "@throughline/control/reading";

/** What a replay's range covers, as the log stands. */
export interface ReplayReach {
  readonly spans: readonly Span[];
  /** Records to read; those of other types, and those the filter leaves out, count too. */
  readonly records: number;
  /** Where retention removed records that the range names: the log begins there. */
  readonly gone: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly records: number;
    readonly beginsMs: number | null;
  }[];
}

/** How far the range of a replay reaches; quick, for nothing is read. */
export async function replayReach(log: EventLog, handler: HandlerAnnouncement, range: ReplayRange): Promise<ReplayReach> {
  const spans = await spansOf(
    log,
    handler.streams,
    range.fromMs === null ? { at: "earliest" } : { at: "time", ms: range.fromMs },
    range.toMs,
  );
  const gone: ReplayReach["gone"][number][] = [];
  for (const topic of new Set(spans.map((span) => span.topic))) {
    for (const { partition, earliest } of await log.offsets(topic)) {
      if (earliest === 0) continue;
      const beginsMs = await timestampAt(log, topic, partition, earliest);
      if (range.fromMs === null || beginsMs === null || range.fromMs < beginsMs)
        gone.push({ topic, partition, records: earliest, beginsMs });
    }
  }
  return { spans, records: recordsIn(spans), gone };
}

/** Counts the events that a replay would hand to its handler, by type. Reads the whole range. */
export async function countReplayed(
  log: EventLog,
  handler: HandlerAnnouncement,
  range: ReplayRange,
  reach: ReplayReach,
  options: ScanOptions = {},
): Promise<Map<string, number>> {
  const handled = new Set(
    handler.types.map(({ type }) => type).filter((type) => range.types === null || range.types.includes(type)),
  );
  const subjects = range.subjects === null ? null : new Set(range.subjects);
  const counts = new Map<string, number>([...handled].map((type) => [type, 0]));
  for await (const batch of scan(log, reach.spans, options)) {
    for (const record of batch) {
      const event = seenEvent(record);
      if (event === null || !handled.has(event.type) || (subjects !== null && !subjects.has(event.subject ?? ""))) continue;
      counts.set(event.type, counts.get(event.type)! + 1);
    }
  }
  return counts;
}
