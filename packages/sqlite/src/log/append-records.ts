import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type AppendResult, coreError, type NewRecord, packHeaders, partitionForKey, recordBytes } from "throughline/seams";
import { prepared } from "../database/prepared.ts";
import { offsetsPerPartition, offsetsPerTimeMark } from "./log-schema.ts";
import type { Topic, TopicTable } from "./topic-table.ts";

/** A partition as the running transaction leaves it. */
interface PartitionEnd {
  readonly number: number;
  end: number;
  bytes: number;
  maxTimestampMs: number;
}

/**
 * Appends records in one transaction. Offsets are read, used and written back under the write lock, so that they are contiguous
 * however many processes append.
 */
export class RecordAppender {
  readonly #topics: TopicTable;
  readonly #maxRecordBytes: number;
  #spread = 0;

  constructor(topics: TopicTable, maxRecordBytes: number) {
    this.#topics = topics;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** Answers the results of each call, and the new end offset of each partition by its number. */
  append(
    db: DatabaseSync,
    calls: readonly (readonly NewRecord[])[],
    nowMs: number,
  ): { results: AppendResult[][]; ends: Map<number, number> } {
    const touched = new Map<number, PartitionEnd>();
    const insert = prepared(db, "INSERT INTO record (id, timestamp_ms, key, value, headers) VALUES (?, ?, ?, ?, ?)");
    const results = calls.map((records) => {
      const refused = new RefusedKeys();
      return records.map((record) => this.#appendOne(db, insert, touched, refused, record, nowMs));
    });
    const update = prepared(db, "UPDATE partition SET end_offset = ?, bytes = ?, max_timestamp_ms = ? WHERE number = ?");
    for (const { number, end, bytes, maxTimestampMs } of touched.values()) update.run(end, bytes, maxTimestampMs, number);
    return { results, ends: new Map([...touched.values()].map(({ number, end }) => [number, end])) };
  }

  #appendOne(
    db: DatabaseSync,
    insert: StatementSync,
    touched: Map<number, PartitionEnd>,
    refused: RefusedKeys,
    record: NewRecord,
    nowMs: number,
  ): AppendResult {
    const place = this.#place(db, touched, record);
    if (place === null)
      return {
        ok: false,
        error: coreError("LOG_TOPIC_UNKNOWN", {
          topic: record.partition === undefined ? record.topic : `${record.topic}/${record.partition}`,
        }),
      };
    const { partition, end } = place;
    if (refused.has(end.number, record.key))
      return { ok: false, error: coreError("LOG_RECORD_SKIPPED", { topic: record.topic }) };

    const headers = packHeaders(record.headers);
    const storedBytes = (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0) + (headers?.byteLength ?? 0);
    // Stored headers are never smaller than counted ones, so the exact count is rarely needed.
    const bytes = storedBytes > this.#maxRecordBytes ? recordBytes(record) : storedBytes;
    if (bytes > this.#maxRecordBytes) {
      refused.add(end.number, record.key);
      return { ok: false, error: coreError("LOG_RECORD_TOO_LARGE", { bytes, limit: this.#maxRecordBytes, topic: record.topic }) };
    }

    const offset = end.end;
    const id = end.number * offsetsPerPartition + offset;
    const timestampMs = Math.floor(record.timestampMs ?? nowMs);
    insert.run(id, timestampMs, record.key, record.value, headers);
    if (offset % offsetsPerTimeMark === 0)
      prepared(db, "INSERT INTO time_mark (id, max_timestamp_ms) VALUES (?, ?)").run(id, end.maxTimestampMs);
    end.end += 1;
    end.bytes += storedBytes;
    if (timestampMs > end.maxTimestampMs) end.maxTimestampMs = timestampMs;
    return { ok: true, partition, offset };
  }

  #place(
    db: DatabaseSync,
    touched: Map<number, PartitionEnd>,
    record: NewRecord,
  ): { partition: number; end: PartitionEnd } | null {
    const topic = this.#topics.find(db, record.topic);
    if (topic === null) return null;
    const partition = record.partition ?? this.#partitionOf(topic, record.key);
    const number = topic.numbers[partition];
    if (number === undefined) return null;
    const end = touched.get(number) ?? readEnd(db, number);
    if (end === null) {
      // Another process deleted the topic, and may have made it again.
      this.#topics.forget(topic);
      return this.#place(db, touched, record);
    }
    touched.set(number, end);
    return { partition, end };
  }

  #partitionOf(topic: Topic, key: Uint8Array | null): number {
    if (key !== null) return partitionForKey(key, topic.partitions);
    this.#spread = (this.#spread + 1) % Number.MAX_SAFE_INTEGER;
    return this.#spread % topic.partitions;
  }
}

function readEnd(db: DatabaseSync, number: number): PartitionEnd | null {
  const row = prepared(db, "SELECT end_offset, bytes, max_timestamp_ms FROM partition WHERE number = ?").get(number);
  if (row === undefined) return null;
  return { number, end: Number(row["end_offset"]), bytes: Number(row["bytes"]), maxTimestampMs: Number(row["max_timestamp_ms"]) };
}

/** Nothing may overtake a refused record of its partition and key. A record without a key has no followers. */
class RefusedKeys {
  readonly #keys = new Set<string>();

  add(number: number, key: Uint8Array | null): void {
    if (key !== null) this.#keys.add(name(number, key));
  }

  has(number: number, key: Uint8Array | null): boolean {
    return this.#keys.size > 0 && key !== null && this.#keys.has(name(number, key));
  }
}

function name(number: number, key: Uint8Array): string {
  return `${number} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}
