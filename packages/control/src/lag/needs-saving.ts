import type { GroupRecord } from "./group-record.ts";

/**
 * Whether a crash before the next regular save would cost more than some samples: what decides about alarms is written with the sample
 * that found it.
 */
export function needsSaving(before: GroupRecord | undefined, after: GroupRecord): boolean {
  if (before === undefined || before.track.incident !== after.track.incident) return true;
  return decisive(before) !== decisive(after);
}

const decisive = ({ subscribed, partitions }: GroupRecord): string =>
  JSON.stringify([
    subscribed,
    partitions.map(({ topic, topicId, partition, formerSinceMs }) => [topic, topicId, partition, formerSinceMs]),
  ]);
