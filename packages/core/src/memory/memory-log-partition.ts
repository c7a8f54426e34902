import { recordBytes } from "../partition/index.ts";
import type { LogRecord, NewRecord, PartitionOffsets, TopicPartition, TopicSpec } from "../seams/event-log.ts";

/** One topic, from its creation to its deletion. A recreated topic is another object with another id. */
export interface MemoryTopic {
  readonly name: string;
  readonly id: string;
  readonly compacted: boolean;
  readonly retention: Pick<TopicSpec, "retentionMs" | "retentionBytes">;
  readonly partitions: MemoryPartition[];
}

/** The records of one partition, and whom to wake when one is added. */
export class MemoryPartition {
  readonly topic: MemoryTopic;
  readonly number: number;
  readonly readers = new Set<{ wake(): void }>();
  /** In the order of their offsets, with gaps where records were compacted away. */
  #records: LogRecord[] = [];
  #earliest = 0;
  #end = 0;
  #bytes = 0;

  constructor(topic: MemoryTopic, number: number) {
    this.topic = topic;
    this.number = number;
  }

  /** As the seam names it. */
  get place(): TopicPartition {
    return { topic: this.topic.name, partition: this.number };
  }

  get offsets(): PartitionOffsets {
    return { partition: this.number, earliest: this.#earliest, end: this.#end };
  }

  /** Keeps a copy: the caller may use its buffers again. */
  append(record: NewRecord, nowMs: number): number {
    const offset = this.#end++;
    this.#records.push({
      topic: this.topic.name,
      topicId: this.topic.id,
      partition: this.number,
      offset,
      timestampMs: record.timestampMs ?? nowMs,
      key: copy(record.key),
      value: copy(record.value),
      headers: record.headers.map(([name, value]) => [name, copy(value)] as const),
    });
    this.#bytes += recordBytes(record);
    this.#retain(nowMs);
    for (const reader of this.readers) reader.wake();
    return offset;
  }

  /** Records from `fromOffset` (or the earliest) up to, not including, `toOffset`; at most `limit`. */
  slice(fromOffset: number, toOffset: number, limit: number): LogRecord[] {
    const from = this.#indexOf(fromOffset);
    return this.#records.slice(from, Math.min(this.#indexOf(toOffset), from + limit));
  }

  offsetAt(timestampMs: number): number {
    return this.#records.find((record) => record.timestampMs >= timestampMs)?.offset ?? this.#end;
  }

  trim(beforeOffset: number): void {
    this.#drop(this.#indexOf(beforeOffset), Math.min(beforeOffset, this.#end));
  }

  /** Keeps the newest record of each key. */
  compact(): void {
    const newest = new Map(this.#records.map((record) => [keyText(record.key), record]));
    this.#records = this.#records.filter((record) => record.key === null || newest.get(keyText(record.key)) === record);
    this.#bytes = this.#records.reduce((sum, record) => sum + recordBytes(record), 0);
  }

  /** The newest record stays, however old or large it is. */
  #retain(nowMs: number): void {
    const { retentionMs = Infinity, retentionBytes = Infinity } = this.topic.retention;
    let bytes = this.#bytes;
    const kept = this.#records.findIndex((record, i) => {
      if (i === this.#records.length - 1 || (record.timestampMs >= nowMs - retentionMs && bytes <= retentionBytes)) return true;
      bytes -= recordBytes(record);
      return false;
    });
    if (kept > 0) this.#drop(kept, this.#records[kept]?.offset ?? this.#end);
  }

  #drop(count: number, earliest: number): void {
    for (const record of this.#records.splice(0, count)) this.#bytes -= recordBytes(record);
    this.#earliest = Math.max(this.#earliest, earliest);
  }

  /** Where the first record at or after `offset` stands. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.offset ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}

/** A key as a string that is equal for equal bytes. */
export function keyText(key: Uint8Array | null): string | null {
  return key === null ? null : Buffer.from(key).toString("latin1");
}
