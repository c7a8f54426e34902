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
import type { GroupFile } from "./group/group-file.ts";
import { GroupMember } from "./group/group-member.ts";
import type { FoundTopic, LogFile } from "./log-file.ts";
import { checkTopicSpec } from "./topic-table.ts";

/** Topics of the system itself have a file of their own, so that receipts and events do not wait for one another. */
const systemPrefix = "throughline.";
const defaultBatchRecords = 500;

export interface SqliteLogFiles {
  readonly events: LogFile;
  readonly system: LogFile;
  readonly groups: GroupFile;
}

/** The event log on SQLite: topics and records in two files, groups in a third. */
export class SqliteLog implements EventLog {
  readonly features = { retention: true, processes: true, durable: true };
  readonly maxRecordBytes: number;
  readonly #files: SqliteLogFiles;
  readonly #members = new Set<GroupMember>();
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  constructor(files: SqliteLogFiles, maxRecordBytes: number) {
    this.#files = files;
    this.maxRecordBytes = maxRecordBytes;
  }

  async append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    this.#refuseWhenClosed();
    const { events, system } = this.#files;
    const isSystem = records.map(({ topic }) => topic.startsWith(systemPrefix));
    if (!isSystem.includes(true)) return records.length === 0 ? [] : events.append(records);
    if (!isSystem.includes(false)) return system.append(records);
    const [ofEvents, ofSystem] = await Promise.all([
      events.append(records.filter((_, i) => !isSystem[i])),
      system.append(records.filter((_, i) => isSystem[i])),
    ]);
    return isSystem.map((fromSystem) => (fromSystem ? ofSystem : ofEvents).shift() as AppendResult);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    if (this.#state !== "open") throw coreError("LOG_CLOSED", {});
    return GroupMember.join({
      file: this.#files.groups,
      findTopics: (names) => this.#findTopics(names),
      subscribe: options,
      onJoining: (member) => this.#members.add(member),
      onClosed: (member) => this.#members.delete(member),
    });
  }

  async *read({ topic: name, partition, fromOffset, toOffset, maxBatchRecords, signal }: ReadRange): AsyncGenerator<LogRecord[]> {
    this.#refuseWhenClosed();
    signal?.throwIfAborted();
    const file = this.#fileOf(name);
    const topic = await file.topic(name);
    let end = toOffset;
    for (let next = fromOffset; ;) {
      signal?.throwIfAborted();
      const slice = await file.slice({
        topic,
        partition,
        fromOffset: next,
        toOffset: end,
        maxRecords: maxBatchRecords ?? defaultBatchRecords,
      });
      if (slice === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic: `${name}/${partition}` });
      end = Math.min(end ?? slice.end, slice.end);
      if (slice.records.length > 0) yield slice.records;
      next = slice.nextOffset;
      if (next >= end) return;
    }
  }

  async topics(): Promise<TopicInfo[]> {
    this.#refuseWhenClosed();
    const topics = (await Promise.all([this.#files.events.topics(), this.#files.system.topics()])).flat();
    return topics.map(({ numbers: _, ...topic }) => topic);
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#refuseWhenClosed();
    for (const topic of topics) checkTopicSpec(topic);
    const { events, system, groups } = this.#files;
    const specs = Map.groupBy(topics, (topic) => this.#fileOf(topic.name));
    const created = await Promise.all([events, system].map((file) => file.createTopics(specs.get(file) ?? [])));
    // Members that wait for a topic look at the groups' file.
    if (created.includes(true)) groups.wake.signal();
  }

  /** Deletes a topic with its records and committed offsets; members lose its partitions. Nothing when there is none. */
  async deleteTopic(name: string): Promise<void> {
    this.#refuseWhenClosed();
    const id = await this.#fileOf(name).deleteTopic(name);
    if (id !== null) await this.#files.groups.forgetTopic(id);
  }

  async offsets(name: string): Promise<PartitionOffsets[]> {
    this.#refuseWhenClosed();
    const file = this.#fileOf(name);
    const states = await file.states((await file.topic(name)).numbers);
    return states.map((state, partition) => {
      if (state === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic: name });
      return { partition, earliest: state.earliest, end: state.end };
    });
  }

  async offsetsAt(name: string, timestampMs: number): Promise<{ partition: number; offset: number }[]> {
    this.#refuseWhenClosed();
    const file = this.#fileOf(name);
    const offsets = await file.offsetsAt(await file.topic(name), timestampMs);
    return offsets.map((offset, partition) => {
      if (offset === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic: name });
      return { partition, offset };
    });
  }

  async groups(): Promise<GroupInfo[]> {
    this.#refuseWhenClosed();
    return this.#files.groups.groups();
  }

  async committedOffsets(group: string): Promise<CommittedOffset[]> {
    this.#refuseWhenClosed();
    return this.#files.groups.committedOffsets(group);
  }

  /** Removes now what retention and compaction allow to remove, without waiting for the background. */
  async maintain(): Promise<void> {
    this.#refuseWhenClosed();
    await Promise.all([this.#files.events.maintain(), this.#files.system.maintain()]);
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
    const { events, system, groups } = this.#files;
    await Promise.all([events.close(), system.close(), groups.close()]);
  }

  #fileOf(topic: string): LogFile {
    return topic.startsWith(systemPrefix) ? this.#files.system : this.#files.events;
  }

  async #findTopics(names: ReadonlySet<string>): Promise<FoundTopic[]> {
    const { events, system } = this.#files;
    const found = await Promise.all(
      [events, system].map(async (file) => (await file.topics()).map((topic) => ({ topic, file }))),
    );
    return found.flat().filter(({ topic }) => names.has(topic.name));
  }

  /** Subscriptions that are closing may still append and read. */
  #refuseWhenClosed(): void {
    if (this.#state === "closed") throw coreError("LOG_CLOSED", {});
  }
}
