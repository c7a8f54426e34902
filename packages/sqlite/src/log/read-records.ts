import type { DatabaseSync } from "node:sqlite";
import { type Header, type LogRecord, unpackHeaders } from "throughline/seams";
import { prepared } from "../database/prepared.ts";
import { offsetsPerPartition } from "./log-schema.ts";
import type { Topic } from "./topic-table.ts";

/** About as much as one read brings into memory, however many records were asked for. */
const bytesPerRead = 8 * 1024 * 1024;

export interface PartitionState {
  readonly earliest: number;
  readonly end: number;
  readonly bytes: number;
}

export interface RecordSlice extends PartitionState {
  readonly records: LogRecord[];
  /** Where to read on: no record before it, from the offset asked for, was left out. */
  readonly nextOffset: number;
}

export interface SliceRequest {
  readonly topic: Topic;
  readonly partition: number;
  readonly fromOffset: number;
  /** Not included. */
  readonly toOffset?: number | undefined;
  readonly maxRecords: number;
}

/** Null when the partition no longer exists. */
export function partitionState(db: DatabaseSync, number: number): PartitionState | null {
  const row = prepared(db, "SELECT earliest_offset, end_offset, bytes FROM partition WHERE number = ?").get(number);
  return row === undefined
    ? null
    : { earliest: Number(row["earliest_offset"]), end: Number(row["end_offset"]), bytes: Number(row["bytes"]) };
}

/** The records of one partition from an offset on, in order. Null when the partition no longer exists. */
export function readSlice(
  db: DatabaseSync,
  { topic, partition, fromOffset, toOffset, maxRecords }: SliceRequest,
): RecordSlice | null {
  const number = topic.numbers[partition];
  const state = number === undefined ? null : partitionState(db, number);
  if (number === undefined || state === null) return null;
  const first = Math.max(fromOffset, state.earliest);
  const last = Math.min(toOffset ?? state.end, state.end);
  if (first >= last) return { ...state, records: [], nextOffset: Math.max(fromOffset, last) };

  const averageBytes = state.bytes / Math.max(1, state.end - state.earliest);
  const limit = Math.max(1, Math.min(maxRecords, Math.floor(bytesPerRead / Math.max(1, averageBytes))));
  const base = number * offsetsPerPartition;
  const select = prepared(db, selectSql);
  select.setReturnArrays(true);
  const rows = select.all(base + first, base + last, limit) as unknown as RecordRow[];
  const { name, id: topicId } = topic;
  const records = rows.map((row) => new StoredRecord(name, topicId, partition, base, row));
  const lastRead = records.length < limit ? undefined : records.at(-1);
  return { ...state, records, nextOffset: lastRead === undefined ? last : lastRead.offset + 1 };
}

type RecordRow = [id: number, timestampMs: number, keyLength: number | null, valueLength: number | null, bytes: Uint8Array];

/** As one blob, for making an object of each costs more than reading it. Joined, blobs are text; their bytes stay what they are. */
const selectSql = `
  SELECT id, timestamp_ms, length(key), length(value), CAST(ifnull(key, x'') || ifnull(value, x'') || ifnull(headers, x'') AS BLOB)
  FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`;

class StoredRecord implements LogRecord {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly #packedHeaders: Uint8Array | null;
  #headers: readonly Header[] | null = null;

  constructor(topic: string, topicId: string, partition: number, base: number, row: RecordRow) {
    // By index: destructuring goes through an iterator.
    const keyLength = row[2];
    const valueLength = row[3];
    const bytes = row[4];
    const valueStart = keyLength ?? 0;
    const headersStart = valueStart + (valueLength ?? 0);
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.offset = row[0] - base;
    this.timestampMs = row[1];
    this.key = keyLength === null ? null : bytes.subarray(0, keyLength);
    this.value = valueLength === null ? null : bytes.subarray(valueStart, headersStart);
    this.#packedHeaders = bytes.length === headersStart ? null : bytes.subarray(headersStart);
  }

  /** No property of its own, as the headers are none: a copy made by a spread has neither, rather than packed ones that lie. */
  get packedHeaders(): Uint8Array | null {
    return this.#packedHeaders;
  }

  /** Made when they are asked for: events are read from the packed ones. */
  get headers(): readonly Header[] {
    this.#headers ??= unpackHeaders(this.#packedHeaders);
    return this.#headers;
  }
}
