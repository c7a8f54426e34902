import type { GroupInfo } from "throughline/seams";
import { type GroupRecord, noTrack, type PartitionRecord } from "./group-record.ts";
import { observePartition } from "./observe-partition.ts";
import type { ReaderStates } from "./reader-states.ts";
import type { GroupPositions, LogPositions } from "./read-positions.ts";

/** A group that is not listed once may be moving between brokers; so many samples without it, and it is gone. */
const samplesUntilGone = 3;

/**
 * Takes one sample into what is known of all groups; pure. A group that is not there any more keeps its record for some samples, then
 * its record has no partitions, and `isGone` is true of it.
 */
export function observeGroups(
  known: ReadonlyMap<string, GroupRecord>,
  sample: LogPositions,
  readers: Pick<ReaderStates, "excuse" | "isFormerName">,
): GroupRecord[] {
  const found = sample.groups.map((positions) => observeGroup(known.get(positions.info.group), positions, sample, readers));
  const names = new Set(found.map(({ group }) => group));
  const absent = [...known.values()].filter(({ group }) => !names.has(group));
  return [...found, ...absent.map(withoutSample)];
}

export const isGone = ({ missing }: GroupRecord): boolean => missing >= samplesUntilGone;

function withoutSample(before: GroupRecord): GroupRecord {
  const after = { ...before, missing: before.missing + 1, isPartial: true };
  return isGone(after) ? { ...after, partitions: [], isPartial: false } : after;
}

function observeGroup(
  before: GroupRecord | undefined,
  { info, committed }: GroupPositions,
  { topics, atMs }: LogPositions,
  readers: Pick<ReaderStates, "excuse" | "isFormerName">,
): GroupRecord {
  const subscribed = subscribedNow(info) ?? before?.subscribed ?? null;
  const members = heldBy(info);
  const records = new Map((before?.partitions ?? []).map((record) => [keyOf(record), record]));
  const partitions: PartitionRecord[] = [];
  // Its service goes on under another name.
  const isLeft = info.members.length === 0 && readers.isFormerName(info.group);
  let isPartial = committed === null;
  for (const { topic, partition, offset } of committed ?? []) {
    const ends = topics.get(topic);
    // Deleted: what was committed in it outlives it for a while.
    if (ends === undefined) continue;
    const record = records.get(keyOf({ topic, partition }));
    const offsets = ends.partitions?.get(partition);
    if (offsets === undefined) {
      isPartial ||= ends.partitions === null;
      if (ends.partitions === null && record !== undefined) partitions.push(record);
      continue;
    }
    const member = members.get(keyOf({ topic, partition })) ?? null;
    const isDropped = isLeft || (member === null && subscribed !== null && !subscribed.includes(topic));
    const excuse = isDropped ? "dropped" : readers.excuse(info.group, topic, atMs);
    partitions.push(
      observePartition(record, { topic, topicId: ends.id, committed: offset, offsets, member, excuse, nowMs: atMs }),
    );
  }
  return {
    group: info.group,
    firstSeenMs: before?.firstSeenMs ?? atMs,
    seenMs: atMs,
    state: info.state,
    members: info.members.length,
    subscribed,
    partitions: committed === null ? (before?.partitions ?? []) : partitions.sort(byPlace),
    missing: 0,
    isPartial,
    track: before?.track ?? noTrack,
  };
}

/** The topics that a group reads; null while that cannot be told: nobody is there, or partitions are on their way. */
function subscribedNow({ state, members }: GroupInfo): string[] | null {
  const held = new Set(members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)));
  return state === "stable" && held.size > 0 ? [...held].sort() : null;
}

function heldBy({ members }: GroupInfo): Map<string, string> {
  return new Map(
    members.flatMap(({ id, clientId, partitions }) => partitions.map((place) => [keyOf(place), clientId ?? id] as const)),
  );
}

export const keyOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

const byPlace = (a: PartitionRecord, b: PartitionRecord): number =>
  a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;
