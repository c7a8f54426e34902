import type { Alert, AlertKind } from "../alerts/alert.ts";
import { duration, events, number, oneLine } from "./alert-words.ts";
import type { GroupRecord, PartitionRecord } from "./group-record.ts";
import { type Incident, mostBehindMs, totalBehind } from "./incident.ts";
import { groupTrend } from "./lag-report.ts";
import { catchUpMs } from "./lag-trend.ts";

interface Moment {
  readonly record: GroupRecord;
  readonly nowMs: number;
  readonly linkTo: ((incident: Incident) => string | null) | null;
  readonly isAcknowledged: boolean;
}

const shownTopics = 5;

/** What somebody is told of an incident, in sentences and as facts: names and numbers, nothing of any event. */
export function alertOf(
  kind: Exclude<AlertKind, "test">,
  incident: Incident,
  { record, nowMs, linkTo, isAcknowledged }: Moment,
): Omit<Alert, "id"> {
  const read = record.partitions.filter(({ excuse }) => excuse !== "dropped" && excuse !== "recreated");
  const behind = totalBehind(read);
  const behindMs = mostBehindMs(read);
  const trend = groupTrend(read, nowMs);
  return {
    kind,
    about: "lag",
    atMs: nowMs,
    incidentId: incident.id,
    group: incident.group,
    title: titleOf(kind, incident, { behind, behindMs, nowMs, read, isAcknowledged }),
    lines: kind === "recovery" ? recoveryLines(incident) : [...openLines(record, read, { behind, behindMs, trend })],
    url: linkTo?.(incident) ?? null,
    facts: {
      group: incident.group,
      cause: incident.cause,
      limit: incident.limit,
      behind,
      behind_seconds: behindMs === null ? null : Math.round(behindMs / 1000),
      trend_per_second: trend === null ? null : Math.round(trend * 10) / 10,
      worst_behind: incident.worstBehind,
      members: record.members,
      opened_at: new Date(incident.openedAtMs).toISOString(),
      ended_at: incident.endedAtMs === null ? null : new Date(incident.endedAtMs).toISOString(),
      ended_by: incident.endedBy,
    },
  };
}

interface Numbers {
  readonly behind: number;
  readonly behindMs: number | null;
  readonly nowMs: number;
}

function titleOf(
  kind: AlertKind,
  { group, cause, limit, openedAtMs, endedBy }: Incident,
  { behind, behindMs, nowMs, read, isAcknowledged }: Numbers & { read: readonly PartitionRecord[]; isAcknowledged: boolean },
): string {
  const name = oneLine(group);
  const lasted = duration(nowMs - openedAtMs);
  if (kind === "recovery") {
    if (endedBy === "group deleted") return `${name} is no consumer group any more; its incident ends after ${lasted}.`;
    if (endedBy === "no longer read") return `${name} no longer reads what it was behind on; its incident ends after ${lasted}.`;
    return `${name} has caught up, after ${lasted}.`;
  }
  if (kind === "escalation") {
    const nobody = isAcknowledged ? "" : ", and nobody has acknowledged it";
    return `${name} is still ${events(behind)} behind, ${lasted} after its incident began${nobody}.`;
  }
  if (cause === "behind-ms") return `${name} is ${duration(behindMs ?? 0)} behind; its limit is ${duration(limit ?? 0)}.`;
  if (cause === "status")
    return `${name} is ${read.find(({ status }) => status !== "ok")?.status ?? "in trouble"}, ${events(behind)} behind.`;
  return `${name} is ${events(behind)} behind; its limit is ${number(limit ?? 0)}.`;
}

function* openLines(
  { members, state }: GroupRecord,
  read: readonly PartitionRecord[],
  { behind, behindMs, trend }: Pick<Numbers, "behind" | "behindMs"> & { trend: number | null },
): Generator<string> {
  if (members === 0) yield "Nobody reads: the group has no members.";
  else
    yield `${members === 1 ? "One member reads" : `${number(members)} members read`}${state === "rebalancing" ? ", while partitions move between them" : ""}.`;
  if (behindMs !== null && behindMs > 0) yield `The oldest event that it has not read is ${duration(behindMs)} old.`;
  if (trend !== null && Math.abs(trend) >= 0.1) {
    const rate = `${number(Math.round(Math.abs(trend) * 10) / 10)} events a second`;
    const left = catchUpMs(behind, trend);
    yield trend > 0 ? `It falls back by ${rate}.` : `It gains ${rate}: at this rate it has caught up in ${duration(left ?? 0)}.`;
  } else if (trend !== null) yield "It neither falls back nor gains.";
  const topics = [
    ...Map.groupBy(
      read.filter((record) => record.behind > 0),
      ({ topic }) => topic,
    ),
  ]
    .map(([topic, partitions]) => ({ topic, partitions, behind: totalBehind(partitions) }))
    .sort((a, b) => b.behind - a.behind);
  for (const { topic, partitions, behind: ofTopic } of topics.slice(0, shownTopics))
    yield `${oneLine(topic)}: ${events(ofTopic)} in ${partitions.length === 1 ? `partition ${partitions[0]!.partition}` : `${partitions.length} partitions`}.`;
  if (topics.length > shownTopics) yield `And ${topics.length - shownTopics} topics more.`;
}

function recoveryLines({ worstBehind, worstBehindMs, openedAtMs }: Incident): string[] {
  const oldest = worstBehindMs === null || worstBehindMs === 0 ? "" : `, the oldest of them ${duration(worstBehindMs)} old`;
  return [`At the worst it was ${events(worstBehind)} behind${oldest}.`, `It began at ${new Date(openedAtMs).toISOString()}.`];
}
