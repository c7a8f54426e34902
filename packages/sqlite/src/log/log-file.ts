import { type AppendResult, coreError, crashPoint, type NewRecord, type TopicSpec } from "throughline/seams";
import { Wake } from "../database/wake.ts";
import { SqliteWriter } from "../database/writer.ts";
import { prepared } from "../database/prepared.ts";
import { logFailure } from "../errors/index.ts";
import { AppendQueue } from "./append-queue.ts";
import { RecordAppender } from "./append-records.ts";
import { EndOffsets } from "./end-offsets.ts";
import { createLogSchema, offsetsPerPartition } from "./log-schema.ts";
import { Maintenance } from "./maintenance.ts";
import { offsetAtTime } from "./offsets-by-time.ts";
import { type PartitionState, partitionState, readSlice, type RecordSlice, type SliceRequest } from "./read-records.ts";
import { type Topic, TopicTable } from "./topic-table.ts";

/** Larger than SQLite's 4096: bulk appends are a quarter faster. */
const pageBytes = 8192;
/** Records are appended and read in order: little is worth keeping. */
const cacheBytes = 4 * 1024 * 1024;

export interface LogFileOptions {
  readonly path: string;
  readonly durability: "process" | "power";
  readonly maxRecordBytes: number;
  readonly defaultPartitions: number;
  readonly maintenanceIntervalMs: number;
}

/** A topic and where it is kept. */
export interface FoundTopic {
  readonly topic: Topic;
  readonly file: LogFile;
}

/** One file of topics and their records, and everything that is done with it. */
export class LogFile {
  readonly #writer: SqliteWriter;
  readonly #wake: Wake;
  readonly #topics: TopicTable;
  readonly #appends: AppendQueue;
  readonly #maintenance: Maintenance;
  readonly ends: EndOffsets;

  private constructor(writer: SqliteWriter, options: LogFileOptions) {
    this.#writer = writer;
    this.#wake = new Wake(writer.file);
    this.#topics = new TopicTable(options.defaultPartitions);
    this.ends = new EndOffsets(writer, this.#wake);
    this.#appends = new AppendQueue(writer, new RecordAppender(this.#topics, options.maxRecordBytes), (ends) => {
      this.ends.moved(ends);
      this.#wake.signal();
    });
    this.#maintenance = new Maintenance(writer, options.maintenanceIntervalMs);
  }

  static async open(options: LogFileOptions): Promise<LogFile> {
    const writer = await SqliteWriter.open(options.path, {
      mapFailure: logFailure,
      durability: options.durability,
      pageBytes,
      cacheBytes,
    });
    try {
      await writer.transaction((db) => {
        createLogSchema(db, writer.file);
        crashPoint("log.before-open-commit");
      });
      return new LogFile(writer, options);
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    return this.#appends.append(records);
  }

  /** Null when the topic or partition no longer exists; what was known of the topic is then forgotten. */
  async slice(request: SliceRequest): Promise<RecordSlice | null> {
    const slice = await this.#writer.read((db) => readSlice(db, request));
    if (slice === null) this.#topics.forget(request.topic);
    return slice;
  }

  topics(): Promise<Topic[]> {
    return this.#writer.read((db) => this.#topics.all(db));
  }

  /** Rejects with LOG_TOPIC_UNKNOWN. */
  async topic(name: string): Promise<Topic> {
    const topic = await this.#writer.read((db) => this.#topics.find(db, name));
    if (topic === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic: name });
    return topic;
  }

  /** True when one of them did not exist yet. */
  async createTopics(specs: readonly TopicSpec[]): Promise<boolean> {
    const known = new Set((await this.topics()).map((topic) => topic.name));
    if (specs.every((spec) => known.has(spec.name))) return false;
    return this.#writer.transaction((db) => {
      const created = this.#topics.create(db, specs);
      crashPoint("log.before-topic-commit");
      return created;
    });
  }

  /** Answers the id it had; null when there is none. */
  async deleteTopic(name: string): Promise<string | null> {
    const deleted = await this.#writer.transaction((db) => {
      const topic = this.#topics.all(db).find((known) => known.name === name);
      if (topic === undefined) return null;
      for (const number of topic.numbers) {
        const [first, end] = [number * offsetsPerPartition, (number + 1) * offsetsPerPartition];
        prepared(db, "DELETE FROM record WHERE id >= ? AND id < ?").run(first, end);
        prepared(db, "DELETE FROM time_mark WHERE id >= ? AND id < ?").run(first, end);
      }
      prepared(db, "DELETE FROM topic WHERE id = ?").run(topic.id);
      return topic;
    });
    if (deleted === null) return null;
    this.#topics.forget(deleted);
    this.#wake.signal();
    return deleted.id;
  }

  /** In the order of `numbers`; null for what no longer exists. */
  states(numbers: readonly number[]): Promise<(PartitionState | null)[]> {
    return this.#writer.read((db) => numbers.map((number) => partitionState(db, number)));
  }

  async offsetsAt(topic: Topic, timestampMs: number): Promise<(number | null)[]> {
    return this.#writer.read((db) => topic.numbers.map((number) => offsetAtTime(db, number, timestampMs)));
  }

  /** Removes now what may be removed, in the place of the next pass in the background. */
  maintain(): Promise<void> {
    return this.#maintenance.run();
  }

  async close(): Promise<void> {
    await this.#maintenance.stop();
    await this.#appends.drained();
    this.ends.close();
    this.#wake.close();
    await this.#writer.close();
  }
}
