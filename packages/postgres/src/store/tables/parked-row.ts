import pg from "pg";
import { type Attempt, type Header, headersFromJson, headersToJson, isAlive, type ParkedRow } from "throughline/seams";
import { decodeKey, encodeKey } from "../key-codec.ts";
import { decodeText, encodeText } from "../text-codec.ts";

const parseBytes = pg.types.getTypeParser(pg.types.builtins.BYTEA);

/** A row of throughline.parked, with bytes as PostgreSQL writes them: see `OpenTransaction.rowsOfText`. */
export interface StoredParkedRow {
  readonly id: string;
  readonly handler_id: number;
  readonly epoch: number;
  readonly stream: string;
  readonly subject: string;
  readonly sequence: number | null;
  readonly sequence_epoch: number;
  readonly event_key: string;
  readonly state: ParkedRow["state"];
  readonly reason: ParkedRow["reason"];
  readonly due_at_ms: number | null;
  readonly log_due_ms: number | null;
  readonly attempts: string;
  readonly handled: boolean;
  readonly parked_at_ms: number;
  readonly lease_owner: string | null;
  readonly lease_until_ms: number;
  readonly lease_process: string;
  readonly edited_by: string | null;
  readonly edited_at_ms: number;
  readonly edited_value: string | null;
  readonly record_topic: string;
  readonly record_topic_id: string;
  readonly record_partition: number;
  readonly record_offset: number;
  readonly record_timestamp_ms: number;
  readonly record_key: string | null;
  readonly record_headers: string;
  readonly record_value: string | null;
}

interface ParkedColumn {
  readonly name: string;
  readonly type: string;
  readonly value: (row: ParkedRow) => unknown;
  /** It came with the event, and stays as it is. */
  readonly comes?: true;
}

/** All columns that the application gives, but `lease_process`, which depends on who held the lease before. */
export const parkedColumns: readonly ParkedColumn[] = [
  { name: "id", type: "bytea", value: (row) => encodeKey(row.id) },
  { name: "handler_id", comes: true, type: "int", value: (row) => row.handlerId },
  { name: "epoch", comes: true, type: "int", value: (row) => row.epoch },
  { name: "stream", comes: true, type: "text", value: (row) => encodeText(row.stream) },
  { name: "subject", comes: true, type: "text", value: (row) => encodeText(row.subject) },
  { name: "sequence", comes: true, type: "bigint", value: (row) => row.sequence },
  { name: "sequence_epoch", comes: true, type: "int", value: (row) => row.sequenceEpoch },
  { name: "event_key", comes: true, type: "bytea", value: (row) => encodeKey(row.eventKey) },
  { name: "state", type: "text", value: (row) => row.state },
  { name: "reason", type: "text", value: (row) => row.reason },
  { name: "due_at_ms", type: "bigint", value: (row) => wholeMs(row.dueAtMs) },
  { name: "log_due_ms", type: "bigint", value: (row) => wholeMs(row.logDueMs) },
  { name: "attempts", type: "json", value: (row) => JSON.stringify(row.attempts) },
  { name: "handled", type: "boolean", value: (row) => row.handled },
  { name: "parked_at_ms", type: "bigint", value: (row) => wholeMs(row.parkedAtMs) },
  { name: "lease_owner", type: "text", value: ({ lease }) => lease?.owner ?? null },
  { name: "lease_until_ms", type: "bigint", value: ({ lease }) => wholeMs(lease?.untilMs ?? null) },
  { name: "edited_by", type: "text", value: ({ edited }) => edited?.by ?? null },
  { name: "edited_at_ms", type: "bigint", value: ({ edited }) => edited?.atMs ?? null },
  { name: "edited_value", type: "bytea", value: ({ edited }) => edited?.value ?? null },
  { name: "record_topic", comes: true, type: "text", value: ({ record }) => record.topic },
  { name: "record_topic_id", comes: true, type: "text", value: ({ record }) => record.topicId },
  { name: "record_partition", comes: true, type: "int", value: ({ record }) => record.partition },
  { name: "record_offset", comes: true, type: "bigint", value: ({ record }) => record.offset },
  { name: "record_timestamp_ms", comes: true, type: "bigint", value: ({ record }) => wholeMs(record.timestampMs) },
  { name: "record_key", comes: true, type: "bytea", value: ({ record }) => record.key },
  { name: "record_headers", comes: true, type: "json", value: ({ record }) => headersToJson(record.headers) },
  { name: "record_value", comes: true, type: "bytea", value: ({ record }) => record.value },
];

/** Times are added up from parts that may have fractions of a millisecond. */
function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.ceil(ms);
}

/** What is said of an event while it is parked, by its id. */
export const changingColumns: readonly ParkedColumn[] = parkedColumns.filter(({ comes }) => comes !== true);

/** One array for each column, in their order: parameters for `unnest`. */
export function parkedArrays(columns: readonly ParkedColumn[], rows: readonly ParkedRow[]): unknown[][] {
  return columns.map(({ value }) => rows.map(value));
}

/** A lease whose process is known to be dead is none. */
export function parkedRowOf(stored: StoredParkedRow): ParkedRow {
  return {
    id: decodeKey(bytesOf(stored.id)),
    handlerId: stored.handler_id,
    epoch: stored.epoch,
    stream: decodeText(stored.stream),
    subject: decodeText(stored.subject),
    sequence: stored.sequence,
    sequenceEpoch: stored.sequence_epoch,
    eventKey: decodeKey(bytesOf(stored.event_key)),
    state: stored.state,
    reason: stored.reason,
    dueAtMs: stored.due_at_ms,
    logDueMs: stored.log_due_ms,
    attempts: JSON.parse(stored.attempts) as Attempt[],
    handled: stored.handled,
    record: recordOf(stored),
    edited:
      stored.edited_by === null
        ? null
        : { value: bytesOrNull(stored.edited_value), by: stored.edited_by, atMs: stored.edited_at_ms },
    lease:
      stored.lease_owner === null || !isAlive(stored.lease_process)
        ? null
        : { owner: stored.lease_owner, untilMs: stored.lease_until_ms },
    parkedAtMs: stored.parked_at_ms,
  };
}

/** Most rows are read for their place and time alone: the bytes of their records are decoded when somebody looks at them. */
function recordOf(stored: StoredParkedRow): ParkedRow["record"] {
  let key: Uint8Array | null | undefined;
  let value: Uint8Array | null | undefined;
  let headers: readonly Header[] | undefined;
  return {
    topic: stored.record_topic,
    topicId: stored.record_topic_id,
    partition: stored.record_partition,
    offset: stored.record_offset,
    timestampMs: stored.record_timestamp_ms,
    get key() {
      return key === undefined ? (key = bytesOrNull(stored.record_key)) : key;
    },
    get value() {
      return value === undefined ? (value = bytesOrNull(stored.record_value)) : value;
    },
    get headers() {
      return (headers ??= headersFromJson(stored.record_headers));
    },
  };
}

function bytesOrNull(text: string | null): Uint8Array | null {
  return text === null ? null : bytesOf(text);
}

/** @param text `\x00ff`; or the older notation, where the server is set to it. */
function bytesOf(text: string): Uint8Array {
  return text.startsWith("\\x") ? Buffer.from(text.slice(2), "hex") : (parseBytes(text) as Uint8Array);
}
