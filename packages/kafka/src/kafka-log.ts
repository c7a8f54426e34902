import {
  type AppendResult,
  type CommittedOffset,
  coreError,
  type EventLog,
  type GroupInfo,
  type LogRecord,
  type NewRecord,
  type PartitionOffsets,
  type ReadRange,
  type SubscribeOptions,
  type Subscription,
  type TopicInfo,
  type TopicSpec,
} from "throughline/seams";
import type { Cluster } from "./connection/cluster.ts";
import { listGroups } from "./group/group-list.ts";
import { GroupMember } from "./group/group-member.ts";
import { GroupOffsets } from "./group/group-offsets.ts";
import { Producer, type ProducerOptions } from "./producing/producer.ts";
import { boundsOf, offsetsAtTime } from "./reading/offset-bounds.ts";
import { readRange } from "./reading/read-range.ts";
import { createTopics, type TopicCreation } from "./topics/create-topics.ts";
import { listTopics } from "./topics/topic-list.ts";

export interface KafkaLogParts {
  readonly cluster: Cluster;
  readonly producer: ProducerOptions;
  readonly topics: TopicCreation;
  readonly topicPollMs: number;
}

/** The event log on Kafka. */
export class KafkaLog implements EventLog {
  readonly features = { retention: true, processes: true, durable: true };
  readonly maxRecordBytes: number;
  readonly #parts: KafkaLogParts;
  readonly #producer: Producer;
  readonly #groupOffsets: GroupOffsets;
  readonly #members = new Set<GroupMember>();
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  constructor(parts: KafkaLogParts) {
    this.#parts = parts;
    this.maxRecordBytes = parts.producer.maxRecordBytes;
    this.#producer = new Producer(parts.cluster, parts.producer);
    this.#groupOffsets = new GroupOffsets(parts.cluster);
  }

  async append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    this.#refuseWhenClosed();
    return records.length === 0 ? [] : this.#producer.append(records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    if (this.#state !== "open") throw coreError("LOG_CLOSED", {});
    const { cluster, topicPollMs } = this.#parts;
    return GroupMember.join({
      cluster,
      subscribe: options,
      topicPollMs,
      onJoining: (member) => this.#members.add(member),
      onClosed: (member) => this.#members.delete(member),
    });
  }

  async *read(range: ReadRange): AsyncGenerator<LogRecord[]> {
    this.#refuseWhenClosed();
    yield* readRange(this.#parts.cluster, range);
  }

  async topics(): Promise<TopicInfo[]> {
    this.#refuseWhenClosed();
    return listTopics(this.#parts.cluster);
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#refuseWhenClosed();
    await createTopics(this.#parts.cluster, topics, this.#parts.topics);
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    this.#refuseWhenClosed();
    return boundsOf(this.#parts.cluster, topic);
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]> {
    this.#refuseWhenClosed();
    const found = await offsetsAtTime(this.#parts.cluster, topic, BigInt(Math.max(0, Math.floor(timestampMs))));
    if (found.every(({ offset }) => offset >= 0)) return found;
    const ends = await offsetsAtTime(this.#parts.cluster, topic, -1n);
    return found.map(({ partition, offset }, i) => ({ partition, offset: offset >= 0 ? offset : (ends[i]?.offset ?? 0) }));
  }

  async groups(): Promise<GroupInfo[]> {
    this.#refuseWhenClosed();
    return listGroups(this.#parts.cluster);
  }

  async committedOffsets(group: string): Promise<CommittedOffset[]> {
    this.#refuseWhenClosed();
    return this.#groupOffsets.of(group);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#state = "closing";
    await Promise.all([...this.#members].map((member) => member.close()));
    this.#state = "closed";
    await this.#producer.drained();
    await this.#parts.cluster.close();
  }

  /** Subscriptions that are closing may still append and read. */
  #refuseWhenClosed(): void {
    if (this.#state === "closed") throw coreError("LOG_CLOSED", {});
  }
}
