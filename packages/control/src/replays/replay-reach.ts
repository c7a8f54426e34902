import type { EventLog } from "throughline/seams";
import { type HandlerAnnouncement, placeOfPartition, type ReplayRange } from "throughline/system-topics";
import { timestampAt } from "../reading/receipts.ts";
import { recordsIn, scan, type ScanOptions, type Span, spansOf } from "../reading/scan.ts";
import { seenEvent } from "../reading/seen-event.ts";

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
  const start = range.fromMs === null ? ({ at: "earliest" } as const) : ({ at: "time", ms: range.fromMs } as const);
  const spans = (await spansOf(log, handler.streams, start, range.toMs)).flatMap((span) => cut(span, range));
  const gone: ReplayReach["gone"][number][] = [];
  for (const topic of new Set(spans.map((span) => span.topic))) {
    for (const { partition, earliest } of await log.offsets(topic)) {
      const place = placeOfPartition(range, topic, partition);
      const records = place === null ? 0 : earliest - (place.fromOffset ?? 0);
      if (records <= 0) continue;
      const beginsMs = await timestampAt(log, topic, partition, earliest);
      if (range.fromMs === null || beginsMs === null || range.fromMs < beginsMs)
        gone.push({ topic, partition, records, beginsMs });
    }
  }
  return { spans, records: recordsIn(spans), gone };
}

/** The part of a span that lies in the places of a range. */
function cut(span: Span, range: ReplayRange): Span[] {
  const place = placeOfPartition(range, span.topic, span.partition);
  if (place === null) return [];
  const fromOffset = Math.min(span.toOffset, Math.max(span.fromOffset, place.fromOffset ?? 0));
  const toOffset = Math.max(fromOffset, Math.min(span.toOffset, place.toOffset ?? span.toOffset));
  return [{ ...span, fromOffset, toOffset }];
}

export interface ReplayCount {
  /** Events that the handler would be given. */
  readonly byType: ReadonlyMap<string, number>;
  /** Records that were looked at. */
  readonly records: number;
  /** Whether that was all of the range. */
  readonly isWhole: boolean;
}

export interface CountOptions extends ScanOptions {
  /** Asked between batches: whether counting has lasted long enough. */
  readonly isEnough?: () => boolean;
}

/** Counts the events that a replay would hand to its handler, by type. Reads the whole range, unless it is told to stop. */
export async function countReplayed(
  log: EventLog,
  handler: HandlerAnnouncement,
  range: ReplayRange,
  reach: ReplayReach,
  options: CountOptions = {},
): Promise<ReplayCount> {
  const handled = new Set(
    handler.types.map(({ type }) => type).filter((type) => range.types === null || range.types.includes(type)),
  );
  const subjects = range.subjects === null ? null : new Set(range.subjects);
  const byType = new Map<string, number>([...handled].map((type) => [type, 0]));
  let records = 0;
  for await (const batch of scan(log, reach.spans, options)) {
    if (options.isEnough?.() === true) return { byType, records, isWhole: false };
    records += batch.length;
    for (const record of batch) {
      const event = seenEvent(record);
      if (event === null || !handled.has(event.type) || (subjects !== null && !subjects.has(event.subject ?? ""))) continue;
      byType.set(event.type, byType.get(event.type)! + 1);
    }
  }
  return { byType, records, isWhole: true };
}
