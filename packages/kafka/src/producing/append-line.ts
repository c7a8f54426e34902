import { coreError, isThroughlineError, type NewRecord, partitionForKey, recordBytes } from "throughline/seams";
import { persist } from "../connection/backoff.ts";
import type { Cluster, KnownTopic } from "../connection/cluster.ts";
import type { AppendCall } from "./append-call.ts";

/** So long a topic that did not exist is not asked for again, and a topic that was just created may be unknown to some broker. */
const unknownForMs = 1_000;
const createdWithinMs = 400;

/**
 * Puts the records of each call into their partitions' queues, call by call: a call that must ask the brokers where its topics
 * are keeps those behind it waiting, for they must not overtake it.
 */
export class AppendLine {
  readonly #cluster: Cluster;
  readonly #maxRecordBytes: number;
  readonly #giveUpAfterMs: number;
  readonly #place: (topic: KnownTopic, partition: number, call: AppendCall, index: number) => void;
  readonly #onPlaced: () => void;
  readonly #calls: AppendCall[] = [];
  readonly #unknown = new Map<string, number>();
  #running = false;
  #spread = 0;

  constructor(options: {
    readonly cluster: Cluster;
    readonly maxRecordBytes: number;
    readonly giveUpAfterMs: number;
    readonly place: (topic: KnownTopic, partition: number, call: AppendCall, index: number) => void;
    readonly onPlaced: () => void;
  }) {
    this.#cluster = options.cluster;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#giveUpAfterMs = options.giveUpAfterMs;
    this.#place = options.place;
    this.#onPlaced = options.onPlaced;
  }

  push(call: AppendCall): void {
    if (!this.#running && this.#missing(call).length === 0) this.#placeAll(call);
    else {
      this.#calls.push(call);
      if (!this.#running) void this.#run();
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) {
      try {
        const giveUpAfterMs = Math.max(0, call.startedMs + this.#giveUpAfterMs - performance.now());
        for (const topic of this.#missing(call)) await this.#look(topic, giveUpAfterMs);
        this.#placeAll(call);
      } catch (error) {
        call.reject(error);
      }
    }
    this.#running = false;
  }

  async #look(topic: string, giveUpAfterMs: number): Promise<void> {
    const looked = async (): Promise<void> => {
      if ((await this.#cluster.find(topic)) === null)
        throw coreError("LOG_UNAVAILABLE", { what: `topic "${topic}" does not exist yet` });
    };
    const several = this.#cluster.nodes().length > 1;
    await persist({ giveUpAfterMs }, async () => {
      try {
        await persist({ giveUpAfterMs: several ? createdWithinMs : 0 }, looked);
      } catch (error) {
        if (!isThroughlineError(error, "LOG_UNAVAILABLE") || !error.message.includes("does not exist yet")) throw error;
        this.#unknown.set(topic, performance.now() + unknownForMs);
      }
    });
  }

  #missing(call: AppendCall): string[] {
    const { records } = call;
    let missing: Set<string> | undefined;
    let last = "";
    for (let i = 0; i < records.length; i += 1) {
      const { topic } = records[i] as NewRecord;
      if (topic === last) continue;
      last = topic;
      if (this.#cluster.known(topic) === undefined && !this.#isUnknown(topic)) (missing ??= new Set()).add(topic);
    }
    return missing === undefined ? [] : [...missing];
  }

  #isUnknown(topic: string): boolean {
    const until = this.#unknown.get(topic);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#unknown.delete(topic);
    return false;
  }

  #placeAll(call: AppendCall): void {
    const { records } = call;
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as NewRecord;
      const topic = this.#cluster.known(record.topic);
      const partition = topic === undefined ? undefined : this.#partition(record, topic);
      if (topic === undefined || partition === undefined) call.refused(index, -1, unknownTopic(record));
      else if (call.skips(index, partition)) continue;
      else {
        const bytes = recordBytes(record);
        if (bytes > this.#maxRecordBytes) call.refused(index, partition, tooLarge(record, bytes, this.#maxRecordBytes));
        else this.#place(topic, partition, call, index);
      }
    }
    this.#onPlaced();
  }

  #partition({ key, partition }: NewRecord, { partitions }: KnownTopic): number | undefined {
    if (partition !== undefined) return partition < partitions.length ? partition : undefined;
    if (key !== null) return partitionForKey(key, partitions.length);
    this.#spread = (this.#spread + 1) % Number.MAX_SAFE_INTEGER;
    return this.#spread % partitions.length;
  }
}

export function unknownTopic({ topic, partition }: NewRecord) {
  return coreError("LOG_TOPIC_UNKNOWN", { topic: partition === undefined ? topic : `${topic}/${partition}` });
}

export function tooLarge(record: NewRecord, bytes: number, limit: number) {
  return coreError("LOG_RECORD_TOO_LARGE", { bytes, limit, topic: record.topic });
}
