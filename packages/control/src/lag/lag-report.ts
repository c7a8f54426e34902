import type { GroupRecord, PartitionRecord } from "./group-record.ts";
import { type Incident, mostBehindMs, totalBehind } from "./incident.ts";
import type { LagRules } from "./lag-rules.ts";
import { catchUpMs, trendPerSecond } from "./lag-trend.ts";
import { groupStatus, type GroupStatus } from "./partition-status.ts";

/** How far every group is behind, as the last sample found it. */
export interface LagReport {
  readonly atMs: number;
  /** The furthest behind first. */
  readonly groups: readonly GroupLag[];
}

export interface GroupLag {
  readonly group: string;
  readonly state: GroupRecord["state"];
  readonly members: number;
  readonly status: GroupStatus;
  /** Over all partitions; those that raise no alarm included. */
  readonly behind: number;
  /** The part of it that counts for alarms. */
  readonly behindCounted: number;
  /** Age of the oldest record it has still to read; null where nobody knows yet. */
  readonly behindMs: number | null;
  /** Events by which it falls back in a second; negative: by which it gains. Null in its first samples. */
  readonly trendPerSecond: number | null;
  /** Time until it has caught up at this rate; null: it does not. */
  readonly catchUpMs: number | null;
  readonly limit: number | null;
  readonly incident: Incident | null;
  readonly partitions: readonly PartitionLag[];
}

export interface PartitionLag extends Omit<
  PartitionRecord,
  "topicId" | "positions" | "ends" | "hasGrown" | "formerSinceMs" | "lastRead"
> {
  readonly trendPerSecond: number | null;
  readonly catchUpMs: number | null;
}

/** Topics that a group no longer reads are left out. */
export function lagReport(groups: readonly GroupRecord[], rules: LagRules, nowMs: number): LagReport {
  return {
    atMs: nowMs,
    groups: groups
      .filter(({ missing }) => missing === 0)
      .map((record) => groupLag(record, rules, nowMs))
      .sort((a, b) => b.behind - a.behind || (a.group < b.group ? -1 : 1)),
  };
}

function groupLag(record: GroupRecord, rules: LagRules, nowMs: number): GroupLag {
  const read = record.partitions.filter(({ excuse }) => excuse !== "dropped");
  const behind = totalBehind(read);
  const trend = groupTrend(read, nowMs);
  return {
    group: record.group,
    state: record.state,
    members: record.members,
    status: groupStatus(read.map(({ status }) => status)),
    behind,
    behindCounted: totalBehind(read.filter(({ excuse }) => excuse === null)),
    behindMs: mostBehindMs(read),
    trendPerSecond: trend,
    catchUpMs: catchUpMs(behind, trend),
    limit: rules.of(record.group).maxBehind,
    incident: record.track.incident,
    partitions: read.map((partition) => partitionLag(partition, nowMs)),
  };
}

function partitionLag(record: PartitionRecord, nowMs: number): PartitionLag {
  const {
    topicId: _id,
    positions: _positions,
    ends: _ends,
    hasGrown: _grown,
    formerSinceMs: _former,
    lastRead: _read,
    ...shown
  } = record;
  const trend = partitionTrend(record, nowMs);
  return { ...shown, trendPerSecond: trend, catchUpMs: catchUpMs(record.behind, trend) };
}

/** Over the window of positions, which is minutes long. */
function partitionTrend({ positions, behind }: PartitionRecord, nowMs: number): number | null {
  const known = positions.flatMap((position) =>
    position.behind === null || position.atMs >= nowMs ? [] : [{ atMs: position.atMs, behind: position.behind }],
  );
  return trendPerSecond([...known, { atMs: nowMs, behind }]);
}

/** The sum of its partitions'. */
export function groupTrend(partitions: readonly PartitionRecord[], nowMs: number): number | null {
  const known = partitions.flatMap((partition) => partitionTrend(partition, nowMs) ?? []);
  return known.length === 0 ? null : known.reduce((sum, trend) => sum + trend, 0);
}
