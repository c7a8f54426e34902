import type { GroupRecord, IncidentTrack, PartitionRecord } from "./group-record.ts";
import type { LagRule } from "./lag-rules.ts";
import { isGone } from "./observe-group.ts";

/** One time that a group was too far behind, or that events of a service failed for good, from the alert to the recovery. */
export interface Incident {
  readonly id: string;
  readonly group: string;
  readonly openedAtMs: number;
  /** What was too much. */
  readonly cause: "behind" | "behind-ms" | "status" | "failures";
  /** The limit that was passed; null for a status. */
  readonly limit: number | null;
  readonly behindAtOpen: number;
  /** The most that it was behind. */
  readonly worstBehind: number;
  readonly worstBehindMs: number | null;
  readonly endedAtMs: number | null;
  /** Why it ended; null while it is open. */
  readonly endedBy: IncidentEnd | null;
  /** Steps of the escalation that were told, by their index. */
  readonly told: readonly number[];
  /** Channels that were told, and that are told of the recovery. */
  readonly toldChannels: readonly string[];
  /** Of the cause `failures` only. */
  readonly failures?: IncidentFailures;
}

/** Failed events that wait for an answer. */
export interface IncidentFailures {
  /** Their causes, by fingerprint. */
  readonly causes: readonly string[];
  readonly handlers: readonly string[];
  readonly unansweredAtOpen: number;
  readonly worstUnanswered: number;
}

export type IncidentEnd = "caught up" | "group deleted" | "no longer read" | "answered";

export interface TrackStep {
  readonly track: IncidentTrack;
  /** The incident that began or ended with this sample. */
  readonly changed: Incident | null;
  /** That it is too far behind counts now: nothing excuses it. */
  readonly isOver: boolean;
}

/**
 * Decides, from one sample, whether an incident begins, goes on or ends; pure. It begins when the group is too far behind in several
 * samples in a row, counting only partitions that nothing excuses. It ends when the group is well below the limits for a while, counting
 * also what is excused by now: a pause ends no incident, and begins none. What a sample could not tell changes nothing.
 */
export function nextTrack(
  record: GroupRecord,
  rule: LagRule,
  { nowMs, newId }: { nowMs: number; newId: () => string },
): TrackStep {
  const { track } = record;
  const counting = record.partitions.filter(({ excuse }) => excuse === null);
  if (track.incident === null) {
    if (record.isPartial) return { track, changed: null, isOver: false };
    const cause = tooFar(counting, rule, 1);
    if (cause === null) return { track: { over: 0, belowSinceMs: null, incident: null }, changed: null, isOver: false };
    if (track.over + 1 < rule.opensAfterSamples)
      return { track: { over: track.over + 1, belowSinceMs: null, incident: null }, changed: null, isOver: true };
    const incident = opened(record, cause, { rule, nowMs, id: newId() });
    return { track: { over: 0, belowSinceMs: null, incident }, changed: incident, isOver: true };
  }
  if (record.isPartial) return { track, changed: null, isOver: false };
  const stillRead = record.partitions.filter(({ excuse }) => excuse !== "dropped" && excuse !== "recreated");
  const incident = withWorst(track.incident, stillRead);
  const isOver = tooFar(counting, rule, 1) !== null;
  if (tooFar(stillRead, rule, rule.recoversBelow) !== null)
    return { track: { over: 0, belowSinceMs: null, incident }, changed: null, isOver };
  const endedBy = endOf(record, stillRead);
  const belowSinceMs = track.belowSinceMs ?? nowMs;
  // Who is gone does not come back by waiting; what is not read may be on its way to another member.
  if (endedBy !== "group deleted" && nowMs - belowSinceMs < rule.recoversAfterMs)
    return { track: { over: 0, belowSinceMs, incident }, changed: null, isOver };
  return {
    track: { over: 0, belowSinceMs: null, incident: null },
    changed: { ...incident, endedAtMs: nowMs, endedBy },
    isOver: false,
  };
}

/** The limit that is passed; `part` of each limit is enough. */
function tooFar(partitions: readonly PartitionRecord[], rule: LagRule, part: number): Incident["cause"] | null {
  if (rule.maxBehind !== null && totalBehind(partitions) > rule.maxBehind * part) return "behind";
  if (rule.maxBehindMs !== null && (mostBehindMs(partitions) ?? 0) > rule.maxBehindMs * part) return "behind-ms";
  return partitions.some(({ status }) => rule.statuses.includes(status)) ? "status" : null;
}

export const totalBehind = (partitions: readonly PartitionRecord[]): number =>
  partitions.reduce((sum, { behind }) => sum + behind, 0);

/** The age of the oldest record that is not read yet; null where it is known of none. */
export function mostBehindMs(partitions: readonly PartitionRecord[]): number | null {
  const known = partitions.flatMap(({ behindMs }) => (behindMs === null ? [] : [behindMs]));
  return known.length === 0 ? null : known.reduce((most, ms) => Math.max(most, ms), 0);
}

function opened(
  { group, partitions }: GroupRecord,
  cause: Incident["cause"],
  { rule, nowMs, id }: { rule: LagRule; nowMs: number; id: string },
): Incident {
  const behind = totalBehind(partitions.filter(({ excuse }) => excuse === null));
  return {
    id,
    group,
    openedAtMs: nowMs,
    cause,
    limit: cause === "behind" ? rule.maxBehind : cause === "behind-ms" ? rule.maxBehindMs : null,
    behindAtOpen: behind,
    worstBehind: behind,
    worstBehindMs: mostBehindMs(partitions),
    endedAtMs: null,
    endedBy: null,
    told: [],
    toldChannels: [],
  };
}

function withWorst(incident: Incident, partitions: readonly PartitionRecord[]): Incident {
  const worstBehind = Math.max(incident.worstBehind, totalBehind(partitions));
  const ms = mostBehindMs(partitions);
  const worstBehindMs = ms === null ? incident.worstBehindMs : Math.max(incident.worstBehindMs ?? 0, ms);
  const isSame = worstBehind === incident.worstBehind && worstBehindMs === incident.worstBehindMs;
  return isSame ? incident : { ...incident, worstBehind, worstBehindMs };
}

function endOf(record: GroupRecord, stillRead: readonly PartitionRecord[]): IncidentEnd {
  if (isGone(record)) return "group deleted";
  return stillRead.length === 0 ? "no longer read" : "caught up";
}
