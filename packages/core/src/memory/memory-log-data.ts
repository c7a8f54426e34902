import { coreError, isThroughlineError, type ThroughlineError } from "../errors/index.ts";
import { partitionForKey, recordBytes } from "../partition/index.ts";
import type { AppendResult, NewRecord, SubscribeOptions, TopicInfo, TopicPartition, TopicSpec } from "../seams/event-log.ts";
import type { Surroundings } from "../seams/runtime.ts";
import { MemoryGroup } from "./memory-log-group.ts";
import { MemoryMember } from "./memory-log-member.ts";
import { keyText, MemoryPartition, type MemoryTopic } from "./memory-log-partition.ts";

export interface MemoryLogDataOptions {
  readonly surroundings: Surroundings;
  readonly defaultPartitions: number;
  readonly maxRecordBytes: number;
}

/** What is wrong with a record: a reason refuses it for good, an error as that error says. */
export type RecordJudge = (record: NewRecord) => string | ThroughlineError | undefined;

/** What all clients of one memory log share: topics, groups, and what is wrong with it at the moment. */
export class MemoryLogData {
  readonly options: MemoryLogDataOptions;
  available = true;
  judge: RecordJudge = () => undefined;
  /** The next append is written, but its caller does not learn of it. */
  acknowledgementLost = false;
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #groups = new Map<string, MemoryGroup>();
  #membersSoFar = 0;

  constructor(options: MemoryLogDataOptions) {
    this.options = options;
  }

  // --- topics

  createTopics(specs: readonly TopicSpec[]): void {
    for (const { name, partitions = this.options.defaultPartitions, compacted = false, ...retention } of specs) {
      if (this.#topics.has(name)) continue;
      const topic: MemoryTopic = { name, id: this.#uuid(), compacted, retention, partitions: [] };
      this.#topics.set(name, topic);
      this.#grow(topic, partitions);
    }
    this.#rebalance();
  }

  addPartitions(name: string, total: number): void {
    this.#grow(this.topic(name), total);
    this.#rebalance();
  }

  deleteTopic(name: string): void {
    const { partitions } = this.topic(name);
    this.#topics.delete(name);
    for (const group of this.#groups.values()) group.forgetPartitions(partitions);
  }

  topics(): TopicInfo[] {
    return [...this.#topics.values()].map(({ name, id, compacted, retention, partitions }) => ({
      name,
      id,
      compacted,
      partitions: partitions.length,
      retentionMs: retention.retentionMs ?? null,
      retentionBytes: retention.retentionBytes ?? null,
    }));
  }

  topic(name: string): MemoryTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw coreError("LOG_TOPIC_UNKNOWN", { topic: name });
    return topic;
  }

  partition({ topic, partition }: TopicPartition): MemoryPartition {
    const found = this.topic(topic).partitions[partition];
    if (found === undefined) throw coreError("LOG_TOPIC_UNKNOWN", { topic: `${topic}/${partition}` });
    return found;
  }

  // --- records

  append(records: readonly NewRecord[]): AppendResult[] {
    const results = this.#appendEach(records);
    if (!this.acknowledgementLost) return results;
    this.acknowledgementLost = false;
    throw coreError("LOG_UNAVAILABLE", { what: "the connection was lost before it answered" });
  }

  #appendEach(records: readonly NewRecord[]): AppendResult[] {
    const refusedKeys = new Set<string>();
    return records.map((record): AppendResult => {
      try {
        const partition = this.#partitionOf(record);
        const key = record.key === null ? null : `${partition.topic.id}/${partition.number}/${keyText(record.key)}`;
        const error =
          key !== null && refusedKeys.has(key) ? coreError("LOG_RECORD_SKIPPED", { topic: record.topic }) : this.#refused(record);
        if (error === null)
          return {
            ok: true,
            partition: partition.number,
            offset: partition.append(record, this.options.surroundings.clock.now()),
          };
        if (key !== null) refusedKeys.add(key);
        return { ok: false, error };
      } catch (error) {
        if (!isThroughlineError(error, "LOG_TOPIC_UNKNOWN")) throw error;
        return { ok: false, error };
      }
    });
  }

  #partitionOf(record: NewRecord): MemoryPartition {
    const { partitions } = this.topic(record.topic);
    const spread = () => Math.floor(this.options.surroundings.random.next() * partitions.length);
    const partition = record.partition ?? (record.key === null ? spread() : partitionForKey(record.key, partitions.length));
    return this.partition({ topic: record.topic, partition });
  }

  #refused(record: NewRecord): ThroughlineError | null {
    const bytes = recordBytes(record);
    const limit = this.options.maxRecordBytes;
    if (bytes > limit) return coreError("LOG_RECORD_TOO_LARGE", { bytes, limit, topic: record.topic });
    const reason = this.judge(record);
    return typeof reason === "string" ? coreError("LOG_RECORD_REFUSED", { topic: record.topic, reason }) : (reason ?? null);
  }

  // --- groups

  group(name: string): MemoryGroup | undefined {
    return this.#groups.get(name);
  }

  groups(): MemoryGroup[] {
    return [...this.#groups.values()];
  }

  /** A member that has not joined its group yet. */
  member(options: SubscribeOptions): { member: MemoryMember; group: MemoryGroup } {
    let group = this.#groups.get(options.group);
    if (group === undefined) {
      group = new MemoryGroup(options.group, (topic) => this.#topics.get(topic)?.partitions ?? []);
      this.#groups.set(options.group, group);
    }
    const id = `${options.instanceId ?? "member"}-${++this.#membersSoFar}`;
    return { group, member: new MemoryMember(id, group, options, this.options.surroundings.clock, () => this.available) };
  }

  setAvailable(available: boolean): void {
    if (this.available === available) return;
    this.available = available;
    for (const member of this.groups().flatMap((group) => group.members)) {
      if (available) member.writeCommits();
      else member.report(coreError("LOG_UNAVAILABLE", { what: "it was made unavailable" }));
    }
    if (!available) return;
    for (const partition of [...this.#topics.values()].flatMap((topic) => topic.partitions)) {
      for (const reader of partition.readers) reader.wake();
    }
  }

  #grow(topic: MemoryTopic, total: number): void {
    for (let number = topic.partitions.length; number < total; number++)
      topic.partitions.push(new MemoryPartition(topic, number));
  }

  #rebalance(): void {
    for (const group of this.#groups.values()) group.rebalance();
  }

  #uuid(): string {
    const hex = Buffer.from(this.options.surroundings.random.fill(new Uint8Array(16))).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
