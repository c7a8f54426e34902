import { coreError, isThroughlineError, type NewRecord, partitionForKey, recordBytes } from "throughline/seams";
import { persist } from "../connection/backoff.ts";
import type { Cluster, KnownTopic } from "../connection/cluster.ts";
import type { AppendCall } from "./append-call.ts";

type RefusedRecord = Parameters<AppendCall["refused"]>[2];

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
  /** Topics that do not exist, or may not be used, and until when that is believed. */
  readonly #refused = new Map<string, { readonly untilMs: number; readonly error: (record: NewRecord) => RefusedRecord }>();
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
        if (!isThroughlineError(error)) throw error;
        const isUnknown = error.message.includes("does not exist yet");
        if (error.retryable && !isUnknown) throw error;
        this.#refused.set(topic, { untilMs: performance.now() + unknownForMs, error: isUnknown ? unknownTopic : () => error });
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
      if (this.#cluster.known(topic) === undefined && this.#refusal(topic) === undefined) (missing ??= new Set()).add(topic);
    }
    return missing === undefined ? [] : [...missing];
  }

  #refusal(topic: string): ((record: NewRecord) => RefusedRecord) | undefined {
    const refused = this.#refused.get(topic);
    if (refused === undefined) return undefined;
    if (performance.now() < refused.untilMs) return refused.error;
    this.#refused.delete(topic);
    return undefined;
  }

  #placeAll(call: AppendCall): void {
    const { records } = call;
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as NewRecord;
      const topic = this.#cluster.known(record.topic);
      const partition = topic === undefined ? undefined : this.#partition(record, topic);
      if (topic === undefined || partition === undefined)
        call.refused(index, -1, (this.#refusal(record.topic) ?? unknownTopic)(record));
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
