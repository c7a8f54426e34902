import { Consumer, type KafkaRecord } from "@platformatic/kafka";
import { partitionCount } from "../kafka-orders.ts";
import { orderIn, type ReadEvent } from "./hand-event.ts";

/** Consecutive events of one partition. */
export interface HandBatch {
  readonly partition: number;
  readonly fromOffset: number;
  readonly nextOffset: number;
  readonly events: readonly ReadEvent[];
}

export interface HandReaderOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly group: string;
  /** At most so many events in a batch. */
  readonly batchSize: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A partition is fetched again while fewer records than this wait for their turn. */
const lowWater = 1_000;
const partitionMaxBytes = 512 * 1024;

/**
 * Reads a topic as one would by hand who wants it fast: a member of a group with a loop on `consumer.fetch` that reads ahead of
 * the handling, partition by partition, and looks only at the headers it needs.
 */
export class HandKafkaReader {
  readonly #consumer: Consumer;
  readonly #topicId: string;
  readonly #leaders: readonly number[];
  readonly #batchSize: number;
  readonly #waiting = Array.from({ length: partitionCount }, () => [] as KafkaRecord[]);
  readonly #handled = Array.from({ length: partitionCount }, () => 0);
  readonly #fetched = Array.from({ length: partitionCount }, () => 0);
  readonly #busy = Array.from({ length: partitionCount }, () => false);
  #wake: (() => void) | undefined;
  #isClosed = false;

  private constructor(consumer: Consumer, topicId: string, leaders: readonly number[], batchSize: number) {
    this.#consumer = consumer;
    this.#topicId = topicId;
    this.#leaders = leaders;
    this.#batchSize = batchSize;
  }

  static async open({ bootstrapServers, topic, group, batchSize }: HandReaderOptions): Promise<HandKafkaReader> {
    const consumer = new Consumer({ clientId: group, groupId: group, bootstrapBrokers: bootstrapServers.split(",") });
    consumer.topics.trackAll(topic);
    await consumer.joinGroup({ sessionTimeout: 10_000, heartbeatInterval: 3_000 });
    const metadata = (await consumer.metadata({ topics: [topic] })).topics.get(topic);
    if (metadata === undefined) throw new Error(`there is no topic ${topic}`);
    const leaders = Array.from({ length: partitionCount }, (_, partition) => metadata.partitions[partition]?.leader ?? 0);
    return new HandKafkaReader(consumer, metadata.id, leaders, batchSize);
  }

  /**
   * Hands batches to `handle` until `close`: the next one of a partition when the last has settled; partitions do not wait for
   * one another. Rejects when `handle` does.
   */
  async run(handle: (batch: HandBatch) => Promise<void>): Promise<void> {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const turn = async (partition: number): Promise<void> => {
      const records = this.#waiting[partition] as KafkaRecord[];
      if (this.#busy[partition] === true) return;
      this.#busy[partition] = true;
      while (records.length > 0 && !this.#isClosed) {
        const fromOffset = this.#handled[partition] as number;
        const batch = records.splice(0, this.#batchSize);
        await handle({ partition, fromOffset, nextOffset: fromOffset + batch.length, events: batch.map(readRecord) });
        this.#handled[partition] = fromOffset + batch.length;
        this.#wake?.();
      }
      this.#busy[partition] = false;
    };
    const fetching = (async () => {
      while (!this.#isClosed) {
        if (!(await this.#fetch())) await new Promise<void>((resolve) => (this.#wake = resolve));
        for (let partition = 0; partition < partitionCount; partition += 1) turn(partition).catch(reject);
      }
    })();
    await Promise.race([fetching, failed]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#consumer.close(true);
  }

  /** Fetches what is low, from the broker that leads it; false when nothing is. */
  async #fetch(): Promise<boolean> {
    const low = this.#waiting.flatMap((records, partition) => (records.length < lowWater ? [partition] : []));
    if (low.length === 0) return false;
    const partitions = low.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(this.#fetched[partition] as number),
      lastFetchedEpoch: -1,
      partitionMaxBytes,
    }));
    const node = this.#leaders[low[0] as number] as number;
    const topics = [{ topicId: this.#topicId, partitions }];
    let response: Awaited<ReturnType<Consumer["fetch"]>>;
    try {
      response = await this.#consumer.fetch({ node, topics, minBytes: 1, maxBytes: 8 * 1024 * 1024, maxWaitTime: 50 });
    } catch (error) {
      if (this.#isClosed) return false;
      throw error;
    }
    for (const { partitionIndex, records: batches } of response.responses.flatMap(({ partitions }) => partitions)) {
      for (const { firstOffset, records } of batches ?? []) {
        for (const record of records) {
          const offset = Number(firstOffset) + record.offsetDelta;
          // A batch is fetched whole, though it begins before the offset that was asked for.
          if (offset < (this.#fetched[partitionIndex] as number)) continue;
          this.#waiting[partitionIndex]?.push(record);
          this.#fetched[partitionIndex] = offset + 1;
        }
      }
    }
    return true;
  }
}

function readRecord({ key, value, headers }: KafkaRecord): ReadEvent {
  let id = "";
  let type = "";
  let sequence = 0;
  for (const [name, bytes] of headers) {
    if (name === null || bytes === null) continue;
    if (name.length === 5 && name.toString("latin1") === "ce_id") id = bytes.toString("latin1");
    else if (name.length === 7 && name.toString("latin1") === "ce_type") type = bytes.toString("latin1");
    else if (name.length === 11 && name.toString("latin1") === "ce_sequence") sequence = Number(bytes.toString("latin1"));
  }
  if (value === null || key === null || id === "" || type === "") throw new TypeError("the record is no event");
  return { id, type, subject: key.toString(), sequence, data: orderIn(JSON.parse(decoder.decode(value))) };
}
