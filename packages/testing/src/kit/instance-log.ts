import type {
  AppendResult,
  CommittedOffset,
  EventLog,
  EventLogFeatures,
  GroupInfo,
  LogRecord,
  NewRecord,
  PartitionOffsets,
  ReadRange,
  SubscribeOptions,
  Subscription,
  TopicInfo,
  TopicPartition,
  TopicSpec,
} from "throughline/seams";
import type { Lifeline } from "./lifeline.ts";

interface InstanceLogOptions {
  readonly lifeline: Lifeline;
  /** What a record of the instance is appended as. */
  readonly rewrite: (record: NewRecord) => NewRecord;
  /** Told of each record that was appended, in order. */
  readonly onAppended: (record: NewRecord, place: { partition: number; offset: number }) => void;
}

/** The event log as one instance of a service has it, until the instance dies. */
export class InstanceLog implements EventLog {
  readonly features: EventLogFeatures;
  readonly maxRecordBytes: number;
  readonly #client: EventLog;
  readonly #options: InstanceLogOptions;
  readonly #ready = new Set<string>();
  /** The instance's member of its group; null until it has joined. */
  member: Subscription | null = null;

  constructor(client: EventLog, options: InstanceLogOptions) {
    this.#client = client;
    this.#options = options;
    this.features = client.features;
    this.maxRecordBytes = client.maxRecordBytes;
  }

  /** Whether the instance has said where it reads this partition from. */
  reads(partition: TopicPartition): boolean {
    return this.#ready.has(partitionId(partition));
  }

  append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    const { lifeline, rewrite, onAppended } = this.#options;
    return lifeline.run(async () => {
      const rewritten = records.map(rewrite);
      const results = await this.#client.append(rewritten);
      for (const [index, result] of results.entries()) {
        const record = rewritten[index];
        if (result.ok && record !== undefined) onAppended(record, result);
      }
      return results;
    });
  }

  /** Takes virtual time where another member's session has to run out first, so it is no movement. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.member = await this.#client.subscribe({
      ...options,
      onAssigned: async (partitions) => {
        const offsets = await options.onAssigned(partitions);
        for (const partition of partitions) this.#ready.add(partitionId(partition));
        return offsets;
      },
      onRevoked: (partitions) => {
        for (const partition of partitions) this.#ready.delete(partitionId(partition));
        return options.onRevoked(partitions);
      },
    });
    return this.member;
  }

  read(range: ReadRange): AsyncIterable<LogRecord[]> {
    return this.#client.read(range);
  }

  topics(): Promise<TopicInfo[]> {
    return this.#client.topics();
  }

  createTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#client.createTopics(topics);
  }

  offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.#client.offsets(topic);
  }

  offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]> {
    return this.#client.offsetsAt(topic, timestampMs);
  }

  groups(): Promise<GroupInfo[]> {
    return this.#client.groups();
  }

  /** A handler that adopts its group's offsets finds the group at the beginning of the log, which is empty in a test. */
  async committedOffsets(group: string): Promise<CommittedOffset[]> {
    const committed = await this.#client.committedOffsets(group);
    if (committed.length > 0) return committed;
    const topics = await this.#client.topics();
    return topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, offset: 0 })),
    );
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const partitionId = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
