import type { EventLog, LogRecord } from "throughline/seams";
import { isEventTopic } from "../reading/event-topics.ts";
import { spansOf } from "../reading/scan.ts";
import { PartitionWindow } from "./partition-window.ts";
import { packPositions, type ScanOrder, type ScanPosition, unpackPositions } from "./scan-position.ts";

export interface ScanQuery {
  /** Empty: every topic with events. */
  readonly topics: readonly string[];
  readonly order: ScanOrder;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Records to be found. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly wanted: (record: LogRecord) => boolean | Promise<boolean>;
}

export interface ScanBounds {
  /** Records that are looked at before it stops, found or not. */
  readonly records: number;
  readonly ms: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface Scanned {
  readonly records: readonly LogRecord[];
  /** Goes on where this one stopped; null once all was looked at. */
  readonly next: string | null;
  readonly looked: {
    readonly records: number;
    /** The time of the record that was looked at last; null where there was none. */
    readonly reachedMs: number | null;
  };
}

/**
 * Looks through topics in the order of time, from either end, for records that are wanted. It stops at its bounds, wherever that is, and
 * says how far it looked. A partition's records come in their order; partitions are merged by their timestamps.
 */
export async function scanRecords(log: EventLog, query: ScanQuery, bounds: ScanBounds): Promise<Scanned> {
  const { order, limit, wanted, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = query;
  const windows = await windowsOf(log, query);
  const found: LogRecord[] = [];
  const endsMs = bounds.now() + bounds.ms;
  let looked = 0;
  let passed = 0;
  let reachedMs: number | null = null;
  for (;;) {
    const empty = windows.filter((window) => window.next === undefined && !window.isOver);
    for (const records of await Promise.all(empty.map((window) => window.fill(bounds.signal)))) passed += records;
    bounds.signal.throwIfAborted();
    const first = earliest(windows, order);
    if (first === null || found.length >= limit || Math.max(looked, passed / 8) >= bounds.records || bounds.now() >= endsMs)
      break;
    const record = first.next!;
    first.take();
    looked += 1;
    reachedMs = record.timestampMs;
    if (record.timestampMs < sinceMs || record.timestampMs >= untilMs) continue;
    const isWanted = wanted(record);
    // A promise for each of them would cost more than most of them do.
    if (isWanted === true || (isWanted !== false && (await isWanted))) found.push(record);
  }
  const rest = windows.filter((window) => !window.isOver);
  // Oldest first, what is over may grow; newest first, it does not.
  const kept = rest.length === 0 ? [] : order === "oldest" ? windows : rest;
  return {
    records: found,
    next:
      rest.length === 0
        ? null
        : packPositions(
            order,
            kept.map(({ position }) => position),
          ),
    looked: { records: looked, reachedMs },
  };
}

function earliest(windows: readonly PartitionWindow[], order: ScanOrder): PartitionWindow | null {
  let best: PartitionWindow | null = null;
  for (const window of windows) {
    if (window.next === undefined) continue;
    const [at, bestAt] = [window.next.timestampMs, best?.next?.timestampMs ?? 0];
    if (best === null || (order === "oldest" ? at < bestAt : at > bestAt)) best = window;
  }
  return best;
}

async function windowsOf(log: EventLog, query: ScanQuery): Promise<PartitionWindow[]> {
  const { order, cursor, sinceMs, untilMs = null } = query;
  const topics = (await log.topics()).filter(({ name }) =>
    query.topics.length === 0 ? isEventTopic(name) : query.topics.includes(name) && isEventTopic(name),
  );
  const ids = new Map(topics.map(({ name, id }) => [name, id]));
  const spans = await spansOf(
    log,
    [...ids.keys()],
    sinceMs === undefined ? { at: "earliest" } : { at: "time", ms: sinceMs },
    untilMs,
  );
  const before = cursor === undefined ? null : unpackPositions(order, cursor);
  return spans.flatMap(({ topic, partition, fromOffset, toOffset }) => {
    const topicId = ids.get(topic)!;
    const isHere = (position: ScanPosition) =>
      position.topic === topic && position.topicId === topicId && position.partition === partition;
    const was = before?.find(isHere);
    const of = { topic, topicId, partition };
    if (order === "oldest")
      return [new PartitionWindow(log, order, { ...of, at: Math.max(fromOffset, was?.at ?? fromOffset) }, toOffset)];
    // What came after the first page is on none of its next ones.
    if (before !== null && was === undefined) return [];
    return [new PartitionWindow(log, order, { ...of, at: Math.min(toOffset, was?.at ?? toOffset) }, fromOffset)];
  });
}
