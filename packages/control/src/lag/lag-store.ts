import type { Alert } from "../alerts/alert.ts";
import type { GroupRecord } from "./group-record.ts";
import type { Incident } from "./incident.ts";
import type { GroupStatus } from "./partition-status.ts";
import type { EndAtTime } from "./offset-times.ts";

/**
 * Where the watcher keeps what must outlive it: what is known of the groups, incidents, what is to be told to whom, and the history.
 * Several processes may open one store; one of them watches at a time, the one that holds the lease.
 */
export interface LagStore {
  /** Takes the lease, or keeps it, until `untilMs`; false while another holder has it. */
  claim(holder: string, times: { readonly nowMs: number; readonly untilMs: number }): Promise<boolean>;
  /** Gives the lease back. */
  release(holder: string): Promise<void>;
  load(): Promise<SavedLag>;
  /** Writes all of it, or nothing when the lease is another holder's by now: then false. */
  save(holder: string, changes: LagChanges): Promise<boolean>;

  incidents(query?: IncidentQuery): Promise<IncidentView[]>;
  /** Ends the escalation of an incident. False when there is no such incident, or it has ended. */
  acknowledge(incidentId: string, acknowledgement: Acknowledgement): Promise<boolean>;
  silences(nowMs: number): Promise<Silence[]>;
  silence(silence: Silence): Promise<void>;
  /** False when there is none. */
  endSilence(id: string, nowMs: number): Promise<boolean>;

  /**
   * What is to be sent now, the oldest first: of one incident and channel only the first that is not settled, and of each channel so many
   * at most, so that what one does not take hides nothing of another's.
   */
  dueDeliveries(nowMs: number, ofEach: number): Promise<Delivery[]>;
  recordAttempt(id: string, attempt: DeliveryAttempt): Promise<void>;
  /** Of the last 90 days, the newest first. */
  deliveries(query: DeliveryQuery): Promise<DeliveryView[]>;
  /** Deliveries by channel and what came of them. */
  deliveryCounts(): Promise<{ readonly channel: string; readonly state: DeliveryView["state"]; readonly count: number }[]>;

  history(query: HistoryQuery): Promise<HistoryPoint[]>;
  /** Removes what is older than the retention, and the oldest of what is more than the store may hold. */
  prune(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface SavedLag {
  readonly groups: readonly GroupRecord[];
  readonly ends: readonly SavedEnds[];
}

/** The samples of one partition's end. */
export interface SavedEnds {
  readonly topicId: string;
  readonly partition: number;
  readonly points: readonly EndAtTime[];
}

export interface LagChanges {
  readonly nowMs: number;
  readonly groups: readonly GroupRecord[];
  readonly removedGroups: readonly string[];
  readonly ends: readonly SavedEnds[];
  /** Of topics that are no more. */
  readonly removedEnds: readonly Omit<SavedEnds, "points">[];
  readonly incidents: readonly Incident[];
  readonly deliveries: readonly Delivery[];
  readonly history: readonly HistoryPoint[];
}

export interface Delivery {
  readonly id: string;
  readonly incidentId: string;
  readonly channel: string;
  readonly alert: Alert;
  readonly attempts: number;
}

export interface DeliveryAttempt {
  readonly atMs: number;
  /** Null: it is settled, delivered or given up. */
  readonly nextMs: number | null;
  /** Why it was not taken; null: it was. */
  readonly error: string | null;
}

export interface DeliveryView extends Omit<Delivery, "alert"> {
  readonly kind: Alert["kind"];
  readonly state: "waiting" | "delivered" | "given up";
  readonly createdAtMs: number;
  readonly attemptedAtMs: number | null;
  readonly error: string | null;
}

export interface DeliveryQuery {
  readonly incidentId?: string;
  readonly channel?: string;
  readonly limit: number;
  /** Only those that were to be sent before this one. */
  readonly beforeId?: string;
}

export interface Acknowledgement {
  readonly by: string;
  readonly note: string | null;
  readonly atMs: number;
}

export interface IncidentQuery {
  readonly id?: string;
  readonly group?: string;
  readonly isOpen?: boolean;
  /** Default 100. */
  readonly limit?: number;
  /** Only those behind this one, the newest first: many may have begun with the same sample. */
  readonly beforeId?: string;
}

export interface IncidentView extends Incident {
  readonly acknowledgement: Acknowledgement | null;
}

/** Nobody is told of incidents of these groups for a while; they are shown all the same. */
export interface Silence {
  readonly id: string;
  /** A group, or the beginning of names and `*`. */
  readonly groups: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
  readonly by: string;
}

export interface HistoryQuery {
  readonly group: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How far a group was behind; it stayed so until the next point. */
export interface HistoryPoint {
  readonly group: string;
  readonly atMs: number;
  readonly behind: number;
  readonly behindMs: number | null;
  readonly status: GroupStatus;
  readonly partitions: readonly HistoryPartition[];
}

export type HistoryPartition = readonly [
  topic: string,
  partition: number,
  committed: number,
  end: number,
  behindMs: number | null,
];
