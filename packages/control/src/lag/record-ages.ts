import type { EventLog } from "throughline/seams";
import type { GroupRecord, PartitionRecord } from "./group-record.ts";
import { type OffsetTimes, timeBetween } from "./offset-times.ts";
import { keyOf } from "./observe-group.ts";

/** How many records a sample may look at, and how long it may take. */
export interface AgeBudget {
  readonly reads: number;
  readonly timeoutMs: number;
}

const readsAtOnce = 8;
/** Records without a time carry 0 or -1. */
const isTime = (timestampMs: number): boolean => timestampMs > 0;

/**
 * Fills in how long groups are behind, in place of the records given. The time of a record that was looked at counts while the group
 * stands before it. Where a group moved, its next record is looked at while the budget lasts, first where that is longest ago; the other
 * times are interpolated between what is known: samples of the partition's end, and the last record that was looked at.
 */
export async function withAges(
  log: EventLog,
  groups: readonly GroupRecord[],
  { ends, nowMs, budget }: { ends: ReadonlyMap<string, OffsetTimes>; nowMs: number; budget: AgeBudget },
): Promise<GroupRecord[]> {
  const wanted = new Map<string, PartitionRecord[]>();
  for (const { partitions } of groups)
    for (const record of partitions) {
      if (record.behind === 0 || record.lastRead?.offset === placeOf(record)) continue;
      const place = `${keyOf(record)}@${placeOf(record)}`;
      wanted.set(place, [...(wanted.get(place) ?? []), record]);
    }
  const oldestFirst = [...wanted.values()].sort((a, b) => lastLook(a[0]!) - lastLook(b[0]!));
  const looked = await lookAt(log, oldestFirst.slice(0, budget.reads), budget.timeoutMs);
  return groups.map((group) => ({
    ...group,
    partitions: group.partitions.map((record) => {
      const lastRead = looked.get(`${keyOf(record)}@${placeOf(record)}`) ?? record.lastRead;
      return { ...record, lastRead, ...ageOf({ ...record, lastRead }, ends.get(`${record.topicId}/${record.partition}`), nowMs) };
    }),
  }));
}

/** The next offset that can still be read. */
const placeOf = ({ committed, earliest }: PartitionRecord): number => Math.max(committed, earliest);

/** A place that was never looked at comes first, then the one whose group has come furthest since. */
const lastLook = (record: PartitionRecord): number =>
  record.lastRead === null ? Number.NEGATIVE_INFINITY : record.lastRead.offset - placeOf(record);

function ageOf(
  record: PartitionRecord,
  times: OffsetTimes | undefined,
  nowMs: number,
): Pick<PartitionRecord, "behindMs" | "behindMsFrom"> {
  if (record.behind === 0) return { behindMs: 0, behindMsFrom: "record" };
  const { lastRead } = record;
  const since = (atMs: number): number => Math.max(0, nowMs - atMs);
  if (lastRead !== null && lastRead.offset === placeOf(record) && isTime(lastRead.timestampMs))
    return { behindMs: since(lastRead.timestampMs), behindMsFrom: "record" };
  const atMs = estimate(record, times);
  if (atMs !== null) return { behindMs: since(atMs), behindMsFrom: "estimate" };
  const [first] = times?.points ?? [];
  // It was there when the end was first seen.
  return first === undefined || placeOf(record) >= first.offset
    ? { behindMs: null, behindMsFrom: null }
    : { behindMs: since(first.atMs), behindMsFrom: "at-least" };
}

function estimate(record: PartitionRecord, times: OffsetTimes | undefined): number | null {
  const place = placeOf(record);
  const [first] = times?.points ?? [];
  if (times === undefined || first === undefined) return null;
  if (place >= first.offset) {
    // The record at an offset was appended when the end went past it.
    const atMs = times.timeOf(place);
    return typeof atMs === "number" && Number.isFinite(atMs) ? atMs : null;
  }
  const { lastRead } = record;
  if (lastRead === null || lastRead.offset > place || !isTime(lastRead.timestampMs) || lastRead.timestampMs > first.atMs)
    return null;
  return timeBetween(place, { offset: lastRead.offset, atMs: lastRead.timestampMs }, first);
}

async function lookAt(log: EventLog, places: readonly PartitionRecord[][], timeoutMs: number) {
  const found = new Map<string, { offset: number; timestampMs: number }>();
  const signal = AbortSignal.timeout(timeoutMs);
  const waiting = [...places];
  const look = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const record = next[0]!;
      const timestampMs = await timestampAt(log, record, signal).catch(() => null);
      const offset = placeOf(record);
      if (timestampMs !== null) found.set(`${keyOf(record)}@${offset}`, { offset, timestampMs });
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, look));
  return found;
}

/** The time of the first record from the place on: one that is read alone, or the next one where compaction left a hole. */
async function timestampAt(log: EventLog, record: PartitionRecord, signal: AbortSignal): Promise<number | null> {
  const { topic, partition, end } = record;
  const fromOffset = placeOf(record);
  for (const toOffset of [fromOffset + 1, end])
    for await (const batch of log.read({ topic, partition, fromOffset, toOffset, maxBatchRecords: 1, signal }))
      return batch[0]!.timestampMs;
  return null;
}
