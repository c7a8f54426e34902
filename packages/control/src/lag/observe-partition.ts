import type { PartitionOffsets } from "throughline/seams";
import type { Excuse, PartitionRecord } from "./group-record.ts";
import type { EndAtTime } from "./offset-times.ts";
import { partitionStatus, type SeenPosition } from "./partition-status.ts";

/** What one sample tells of a group in a partition. */
export interface PartitionSample {
  readonly topic: string;
  readonly topicId: string;
  readonly committed: number;
  readonly offsets: PartitionOffsets;
  readonly member: string | null;
  /** Why the group as a whole does not read the topic, or not now. */
  readonly excuse: Exclude<Excuse, "recreated" | "unattended"> | null;
  readonly nowMs: number;
}

/** Burrow's window: ten positions; ours are half a minute apart, so five minutes. */
const windowPositions = 10;
const positionSpacingMs = 30_000;
/** What was watched for less is not judged. */
const shortestWindowMs = 2 * 60_000;
/** So long the offset of a topic that was made anew may be the former one's, if somebody reads it. */
const formerOffsetMs = 5 * 60_000;

/** Takes one sample into what is known of a partition; pure. */
export function observePartition(before: PartitionRecord | undefined, sample: PartitionSample): PartitionRecord {
  const { topic, topicId, committed, member, nowMs } = sample;
  const { partition, earliest, end } = sample.offsets;
  const known = before !== undefined && before.topicId === topicId ? before : null;
  const formerSinceMs = formerSince(before, sample);
  const behind = formerSinceMs === null ? Math.max(0, end - Math.max(committed, earliest)) : 0;
  const positions = nextPositions(known?.positions ?? [], { offset: committed, atMs: nowMs, behind }, member !== null);
  const ends = nextEnds(known?.ends ?? [], { offset: end, atMs: nowMs });
  const hasGrown = known !== null && (known.hasGrown || end > known.end);
  const isJudged = nowMs - positions[0]!.atMs >= shortestWindowMs;
  const isUnattended = member === null && !hasGrown;
  return {
    topic,
    topicId,
    partition,
    committed,
    earliest,
    end,
    behind,
    lost: formerSinceMs === null ? Math.max(0, earliest - committed) : 0,
    behindMs: null,
    behindMsFrom: null,
    member,
    status: isJudged
      ? partitionStatus({ positions, ends: ends.map(({ offset }) => offset), behind, nowMs, allowedBehind: 0 })
      : "ok",
    excuse:
      sample.excuse === "dropped"
        ? "dropped"
        : formerSinceMs !== null
          ? "recreated"
          : (sample.excuse ?? (isUnattended ? "unattended" : null)),
    positions,
    ends,
    hasGrown,
    formerSinceMs,
    lastRead: known?.lastRead ?? null,
  };
}

/** A topic that is made anew has another id; an offset that did not move since is the former topic's, and tells nothing. */
function formerSince(before: PartitionRecord | undefined, { topicId, committed, member, nowMs }: PartitionSample): number | null {
  if (before === undefined || committed !== before.committed) return null;
  const sinceMs = before.topicId === topicId ? before.formerSinceMs : nowMs;
  return sinceMs !== null && member !== null && nowMs - sinceMs > formerOffsetMs ? null : sinceMs;
}

/**
 * A log tells where a group stands, not when it committed that. So a member that holds the partition is taken to commit at each sample,
 * and without one only what moved is a commit: who stands still with a member has stalled, and who stands still without has stopped.
 */
function nextPositions(positions: readonly SeenPosition[], next: SeenPosition, isHeld: boolean): SeenPosition[] {
  const last = positions.at(-1);
  if (last === undefined) return [next];
  if (!isHeld && next.offset === last.offset) return [...positions];
  const isClose = next.atMs - (positions.at(-2)?.atMs ?? Number.NEGATIVE_INFINITY) < positionSpacingMs;
  // What went back must stand beside what it went back from.
  const kept = isClose && next.offset >= last.offset ? positions.slice(0, -1) : positions;
  return [...kept, next].slice(-windowPositions);
}

function nextEnds(ends: readonly EndAtTime[], next: EndAtTime): EndAtTime[] {
  const isClose = next.atMs - (ends.at(-2)?.atMs ?? Number.NEGATIVE_INFINITY) < positionSpacingMs;
  return [...(isClose ? ends.slice(0, -1) : ends), next].slice(-windowPositions);
}
