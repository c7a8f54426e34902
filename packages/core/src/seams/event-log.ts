/**
 * The event log: partitioned, append-only topics. Kafka, the embedded log on SQLite, or memory in tests.
 *
 * Offsets, partitions and times (milliseconds since 1970) are plain numbers: all stay below 2^53.
 * Every method rejects with a `ThroughlineError`; its `retryable` says whether trying again can help.
 */
export interface EventLog {
  /** What this log can do; the conformance suite tests exactly these. */
  readonly features: EventLogFeatures;

  /** The largest record, in bytes of key + value + headers, that `append` accepts. */
  readonly maxRecordBytes: number;

  /**
   * Appends records, and answers with one result for each, in the order given. Resolves when every record is durable or
   * refused; one refused record does not refuse the others, but within one partition nothing that follows a refused record
   * *of the same key* is appended: it is refused too, with code `LOG_RECORD_SKIPPED`. Concurrent calls may be sent
   * together; calls made one after the other by one caller reach each partition in that order.
   * Rejects only when the log as a whole cannot be reached (`LOG_UNAVAILABLE`, retryable): then nothing is known of any record.
   */
  append(records: readonly NewRecord[]): Promise<AppendResult[]>;

  /**
   * Joins a consumer group. Resolves when the first assignment is known or after `sessionTimeoutMs`, whichever is first.
   * @see SubscribeOptions for what is called, and when.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;

  /**
   * Reads a range of one partition without a group, from `fromOffset` up to (not including) `toOffset`, or to the end at
   * the time of each call when there is none; ends there (it does not wait for more). Yields non-empty batches in offset
   * order. A `fromOffset` before the earliest offset starts at the earliest. Rejects with the signal's reason once it is aborted.
   */
  read(range: ReadRange): AsyncIterable<LogRecord[]>;

  /** The topics that exist. A recreated topic of the same name has another id. */
  topics(): Promise<TopicInfo[]>;

  /** Creates the topics that do not exist yet; leaves the others as they are. Safe to call from many processes at once. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;

  /** Earliest and end offset of each partition; the end offset is that of the next record to be appended. */
  offsets(topic: string): Promise<PartitionOffsets[]>;

  /** For each partition, the offset of the first record whose timestamp is at or after `timestampMs`, or its end offset. */
  offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]>;

  /** The consumer groups known to the log, with members. */
  groups(): Promise<GroupInfo[]>;

  /** The committed offsets of a group: the next offset to read. Empty for a group that does not exist. */
  committedOffsets(group: string): Promise<CommittedOffset[]>;

  /** Ends subscriptions, then connections. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface EventLogFeatures {
  /** Records older or bigger than a topic's retention are removed; `earliest` then moves. */
  readonly retention: boolean;
  /** Groups are shared by several processes. */
  readonly processes: boolean;
  /** Records survive the end of the process. */
  readonly durable: boolean;
}

/** One header. A name may occur more than once; a value may be null. Names are UTF-8. */
export type Header = readonly [name: string, value: Uint8Array | null];

export interface NewRecord {
  readonly topic: string;
  /** Decides the partition, by murmur2 as Kafka's default partitioner does, unless `partition` is given. Null spreads. */
  readonly key: Uint8Array | null;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly partition?: number;
  /** Defaults to the time of the append. */
  readonly timestampMs?: number;
}

export type AppendResult =
  | { readonly ok: true; readonly partition: number; readonly offset: number }
  /** `error.retryable` false: this record will never be accepted as it is (too large, unknown topic, not authorised). */
  | { readonly ok: false; readonly error: Error & { code: string; retryable: boolean } };

export interface LogRecord {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  /**
   * The same headers as `packHeaders` makes them; absent where a log has them only one by one. A log that gives them may make
   * `headers` when it is first asked for, for an event can be read without an object for each header.
   */
  readonly packedHeaders?: Uint8Array | null;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface SubscribeOptions {
  readonly group: string;
  /** A topic that does not exist yet is waited for. */
  readonly topics: readonly string[];
  /** Names the member to whoever asks for `groups()`; it gives no right to anything. */
  readonly clientId?: string;
  /** Static membership: a member that comes back under this name within the session keeps its partitions. */
  readonly instanceId?: string;
  readonly sessionTimeoutMs?: number;
  /** How long `onRevoked` may take before the partitions are given away anyway. */
  readonly drainTimeoutMs?: number;
  readonly maxBatchRecords?: number;

  /**
   * Partitions were assigned. Answers with the offset to read each one from; null leaves a partition unread until
   * `Subscription.seek`. Nothing of a partition is delivered before this settles. An offset beyond the end goes to `onError` as
   * `LOG_OFFSET_OUT_OF_RANGE` and leaves the partition unread, as null does.
   */
  onAssigned(partitions: readonly AssignedPartition[]): Promise<readonly (number | null)[]>;

  /**
   * A batch of one partition, never empty. The next batch of that partition comes after this settles; partitions do not wait
   * for one another. It must not reject: a rejection ends the subscription with that error.
   */
  onBatch(batch: RecordBatch): Promise<void>;

  /**
   * Partitions are about to be taken away: finish or roll back what runs, commit, and settle. After `drainTimeoutMs` they are
   * given away all the same.
   */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;

  /** Partitions belong to somebody else already (the session ran out): stop working on them. The member then joins again by itself. */
  onLost(partitions: readonly TopicPartition[]): void;

  /** The subscription cannot go on by itself, or is in trouble and trying again. */
  onError(error: Error): void;
}

export interface AssignedPartition extends TopicPartition {
  readonly topicId: string;
  readonly earliestOffset: number;
  readonly endOffset: number;
  /** The group's committed offset, if any. */
  readonly committedOffset: number | null;
}

export interface RecordBatch extends TopicPartition {
  readonly topicId: string;
  /** The offset this batch was read from: no record between it and the first one's offset exists any more. */
  readonly fromOffset: number;
  /** The offset that the next batch is read from. */
  readonly nextOffset: number;
  /** The partition's end offset when the batch was read. */
  readonly endOffset: number;
  readonly records: readonly LogRecord[];
}

export interface Subscription {
  /** The partitions held now. */
  assigned(): readonly TopicPartition[];
  /**
   * Notes the next offset to read. Returns at once; commits are coalesced, written beside the hot path, and dropped when the
   * partition no longer belongs to this member's assignment. Never moves a partition that this member does not hold.
   */
  commit(partition: TopicPartition, nextOffset: number): void;
  /** Settles when what was noted so far is written or was refused. */
  flush(): Promise<void>;
  /** Delivers nothing of these partitions until `resume`. A batch under way is not interrupted. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** The next batch of this partition starts at `offset`. */
  seek(partition: TopicPartition, offset: number): void;
  /** Takes no more batches, waits for `onRevoked` of all partitions, commits, and leaves the group at once. Idempotent. */
  close(): Promise<void>;
}

export interface ReadRange extends TopicPartition {
  readonly fromOffset: number;
  readonly toOffset?: number;
  readonly maxBatchRecords?: number;
  readonly signal?: AbortSignal;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions?: number;
  /** Copies of each partition; a log that keeps none takes no notice. */
  readonly replicas?: number;
  /** Records older than this may be removed. Default: kept. */
  readonly retentionMs?: number;
  /** A partition larger than this may lose its oldest records. Default: kept. */
  readonly retentionBytes?: number;
  /** Only the newest record of each key need be kept. */
  readonly compacted?: boolean;
}

export interface TopicInfo {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  readonly compacted: boolean;
  /** Copies of each partition; absent where the log keeps none. */
  readonly replicas?: number;
  /** As created; null: records are kept. Absent where it cannot be read. */
  readonly retentionMs?: number | null;
  readonly retentionBytes?: number | null;
}

export interface PartitionOffsets {
  readonly partition: number;
  readonly earliest: number;
  readonly end: number;
}

export interface GroupInfo {
  readonly group: string;
  readonly state: "empty" | "stable" | "rebalancing";
  readonly members: readonly {
    readonly id: string;
    readonly clientId: string | null;
    readonly instanceId: string | null;
    readonly partitions: readonly TopicPartition[];
  }[];
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
}
