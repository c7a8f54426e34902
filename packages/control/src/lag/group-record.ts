import type { GroupInfo } from "throughline/seams";
import type { Incident } from "./incident.ts";
import type { EndAtTime } from "./offset-times.ts";
import type { PartitionStatus, SeenPosition } from "./partition-status.ts";

/**
 * Why a partition raises no alarm: its topic is no longer read, or was made anew and the offset is still that of the former one;
 * everything that reads it is paused, or backfilling and getting on; or nobody reads it, and nothing has come since it was first seen.
 */
export type Excuse = "dropped" | "recreated" | "paused" | "backfilling" | "unattended";

/** What is known of a group in one partition: plain data, which survives a restart. */
export interface PartitionRecord {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly committed: number;
  readonly earliest: number;
  readonly end: number;
  /** Records from the committed offset, or from the earliest there is, to the end. */
  readonly behind: number;
  /** Records that the log lost before the group read them. */
  readonly lost: number;
  /** Age of the record it reads next; 0 at the end, null where nobody knows yet. */
  readonly behindMs: number | null;
  /** Whether that record was looked at, its time interpolated, or it is only known to be older than the watch. */
  readonly behindMsFrom: "record" | "estimate" | "at-least" | null;
  /** The member that reads it now. */
  readonly member: string | null;
  readonly status: PartitionStatus;
  readonly excuse: Excuse | null;
  readonly positions: readonly SeenPosition[];
  /** Ends of the last minutes. */
  readonly ends: readonly EndAtTime[];
  /** Whether something was appended since it was first seen. */
  readonly hasGrown: boolean;
  /** The committed offset is from before the topic was made anew, which was seen then. */
  readonly formerSinceMs: number | null;
  /** The last record that was looked at. */
  readonly lastRead: { readonly offset: number; readonly timestampMs: number } | null;
}

/** Whether a group is too far behind, so far. */
export interface IncidentTrack {
  /** Samples in a row in which it was. */
  readonly over: number;
  /** Since when it is not, while an incident is open. */
  readonly belowSinceMs: number | null;
  readonly incident: Incident | null;
}

/** What is known of a group: plain data, which survives a restart. */
export interface GroupRecord {
  readonly group: string;
  readonly firstSeenMs: number;
  readonly seenMs: number;
  readonly state: GroupInfo["state"];
  readonly members: number;
  /** The topics its members held when it was last stable; null before that. */
  readonly subscribed: readonly string[] | null;
  readonly partitions: readonly PartitionRecord[];
  /** Samples in a row without it. */
  readonly missing: number;
  /** The last sample could not tell everything of it. */
  readonly isPartial: boolean;
  readonly track: IncidentTrack;
}

export const noTrack: IncidentTrack = { over: 0, belowSinceMs: null, incident: null };
