import type { EventLog, EventLogFeatures, NewRecord, Subscription } from "throughline/seams";

/**
 * An event log under the conformance suite: how to open one, and what the suite may do to it from outside.
 * A test whose hook is absent is skipped, and says so; the tests of a feature run where the feature is declared.
 */
export interface EventLogUnderTest<Log extends EventLog = EventLog> {
  /** What this log declares; the suite checks that `log.features` says the same. */
  readonly features: EventLogFeatures;
  /** Opens a client. The suite closes it. Tests use names of their own, so all of them may share one broker or file. */
  open(): Promise<Log>;
  /** Opens another client of the same data, at the same time or after `log` was closed. Needed by `processes` and `durable`. */
  reopen?(log: Log): Promise<Log>;
  /** Makes this member's session run out while its process lives on. */
  expire?(log: Log, subscription: Subscription): Promise<void> | void;
  /** Starts a process that runs `runEventLogMember` on the same data. Needed by `processes`. */
  spawnMember?(log: Log, options: SpawnedMemberOptions): Promise<SpawnedMember>;
  /** Cuts the log off (true), and lets it be reached again (false). */
  setUnavailable?(log: Log, unavailable: boolean): Promise<void> | void;
  /** Refuses for good every record that `matches` accepts. */
  refuse?(log: Log, matches: (record: NewRecord) => boolean): Promise<void> | void;
  /** Lets the next request that carries records fail once, in a way that a client may try again. */
  refuseOnce?(log: Log): Promise<void> | void;
  deleteTopic?(log: Log, topic: string): Promise<void> | void;
  /** Removes now what the topic's retention allows to remove; absent where the log does so by itself, soon. */
  enforceRetention?(log: Log, topic: string): Promise<void> | void;
  /**
   * Compacts a compacted topic now, its newest records included. A log that only compacts what a later record closed may append
   * records of a key of their own to partition 0, and answers with their number.
   */
  compact?(log: Log, topic: string): Promise<number | void> | number | void;
  /** How long a test waits for what must happen. Milliseconds; default 10,000. */
  readonly patienceMs?: number;
  /** The shortest session this log accepts. Milliseconds; default 1,000. */
  readonly sessionTimeoutMs?: number;
}

export interface SpawnedMemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly instanceId?: string;
}

export interface SpawnedMember {
  /** Kills the process at once (SIGKILL); resolves when it is gone. Idempotent. */
  kill(): Promise<void>;
}
