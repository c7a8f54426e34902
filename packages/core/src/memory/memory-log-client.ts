import { coreError } from "../errors/index.ts";
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
  TopicSpec,
} from "../seams/event-log.ts";
import type { MemoryLogData } from "./memory-log-data.ts";
import type { MemoryMember } from "./memory-log-member.ts";

/** One client of a memory log; closing it ends its own subscriptions and leaves the data to the others. */
export class MemoryLogClient implements EventLog {
  readonly features: EventLogFeatures = { retention: true, processes: false, durable: false };
  readonly maxRecordBytes: number;
  readonly #data: MemoryLogData;
  readonly #members = new Set<MemoryMember>();
  #closing: Promise<void> | null = null;

  constructor(data: MemoryLogData) {
    this.#data = data;
    this.maxRecordBytes = data.options.maxRecordBytes;
  }

  async append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    return this.#reach().append(records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { member, group } = this.#reach().member(options);
    this.#members.add(member);
    const impatient = Promise.withResolvers<void>();
    const timer = this.#data.options.surroundings.clock.after(member.sessionTimeoutMs, impatient.resolve);
    await Promise.race([group.join(member), impatient.promise]);
    timer.cancel();
    return member;
  }

  read(range: ReadRange): AsyncIterable<LogRecord[]> {
    return this.#batches(range, this.#endOf(range));
  }

  /** The end when `read` was called; what is wrong is told when reading begins. */
  #endOf(range: ReadRange): number {
    try {
      return Math.min(this.#reach().partition(range).offsets.end, range.toOffset ?? Infinity);
    } catch {
      return 0;
    }
  }

  async *#batches(range: ReadRange, end: number): AsyncGenerator<LogRecord[]> {
    for (let from = range.fromOffset; ;) {
      range.signal?.throwIfAborted();
      const batch = this.#reach()
        .partition(range)
        .slice(from, end, range.maxBatchRecords ?? 500);
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      from = last.offset + 1;
    }
  }

  async topics(): Promise<TopicInfo[]> {
    return this.#reach().topics();
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#reach().createTopics(topics);
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.#reach()
      .topic(topic)
      .partitions.map((partition) => partition.offsets);
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]> {
    return this.#reach()
      .topic(topic)
      .partitions.map((partition) => ({ partition: partition.number, offset: partition.offsetAt(timestampMs) }));
  }

  async groups(): Promise<GroupInfo[]> {
    return this.#reach()
      .groups()
      .map((group) => group.info());
  }

  async committedOffsets(group: string): Promise<CommittedOffset[]> {
    return this.#reach().group(group)?.committedOffsets() ?? [];
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#members].map((member) => member.close())).then(() => {});
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #reach(): MemoryLogData {
    if (this.#closing !== null) throw coreError("LOG_CLOSED", {});
    if (!this.#data.available) throw coreError("LOG_UNAVAILABLE", { what: "it was made unavailable" });
    return this.#data;
  }
}
