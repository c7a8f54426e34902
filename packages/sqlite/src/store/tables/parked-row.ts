import { type Attempt, headersFromJson, headersToJson, isAlive, type ParkedRow } from "throughline/seams";
import { decodeKey, encodeKey } from "../key-codec.ts";
import type { SqliteValue } from "../sqlite-tx.ts";

/** A row of throughline_parked. */
export interface StoredParkedRow {
  readonly id: Uint8Array | string;
  readonly handler_id: number;
  readonly epoch: number;
  readonly stream: string;
  readonly subject: string;
  readonly sequence: number | null;
  readonly sequence_epoch: number;
  readonly event_key: Uint8Array | string;
  readonly state: ParkedRow["state"];
  readonly reason: ParkedRow["reason"];
  readonly due_at_ms: number | null;
  readonly log_due_ms: number | null;
  readonly attempts: string;
  readonly handled: number;
  readonly parked_at_ms: number;
  readonly lease_owner: string | null;
  readonly lease_until_ms: number;
  readonly lease_process: string;
  readonly edited_by: string | null;
  readonly edited_at_ms: number;
  readonly edited_value: Uint8Array | null;
  readonly record_topic: string;
  readonly record_topic_id: string;
  readonly record_partition: number;
  readonly record_offset: number;
  readonly record_timestamp_ms: number;
  readonly record_key: Uint8Array | null;
  readonly record_headers: string;
  readonly record_value: Uint8Array | null;
}

/** All columns but `lease_process`, which depends on who held the lease before. */
export const parkedColumns = [
  "id",
  "handler_id",
  "epoch",
  "stream",
  "subject",
  "sequence",
  "sequence_epoch",
  "event_key",
  "state",
  "reason",
  "due_at_ms",
  "log_due_ms",
  "attempts",
  "handled",
  "parked_at_ms",
  "lease_owner",
  "lease_until_ms",
  "edited_by",
  "edited_at_ms",
  "edited_value",
  "record_topic",
  "record_topic_id",
  "record_partition",
  "record_offset",
  "record_timestamp_ms",
  "record_key",
  "record_headers",
  "record_value",
] as const;

/** In the order of `parkedColumns`. */
export function parkedValues(row: ParkedRow): SqliteValue[] {
  const { record, lease, edited } = row;
  return [
    encodeKey(row.id),
    row.handlerId,
    row.epoch,
    row.stream,
    row.subject,
    row.sequence,
    row.sequenceEpoch,
    encodeKey(row.eventKey),
    row.state,
    row.reason,
    row.dueAtMs,
    row.logDueMs,
    JSON.stringify(row.attempts),
    row.handled ? 1 : 0,
    row.parkedAtMs,
    lease?.owner ?? null,
    lease?.untilMs ?? null,
    edited?.by ?? null,
    edited?.atMs ?? null,
    edited?.value ?? null,
    record.topic,
    record.topicId,
    record.partition,
    record.offset,
    record.timestampMs,
    record.key,
    headersToJson(record.headers),
    record.value,
  ];
}

/** A lease whose process died is none. */
export function parkedRowOf(stored: StoredParkedRow): ParkedRow {
  return {
    id: decodeKey(stored.id),
    handlerId: stored.handler_id,
    epoch: stored.epoch,
    stream: stored.stream,
    subject: stored.subject,
    sequence: stored.sequence,
    sequenceEpoch: stored.sequence_epoch,
    eventKey: decodeKey(stored.event_key),
    state: stored.state,
    reason: stored.reason,
    dueAtMs: stored.due_at_ms,
    logDueMs: stored.log_due_ms,
    attempts: JSON.parse(stored.attempts) as Attempt[],
    handled: stored.handled === 1,
    record: {
      topic: stored.record_topic,
      topicId: stored.record_topic_id,
      partition: stored.record_partition,
      offset: stored.record_offset,
      timestampMs: stored.record_timestamp_ms,
      key: stored.record_key,
      value: stored.record_value,
      headers: headersFromJson(stored.record_headers),
    },
    edited: stored.edited_by === null ? null : { value: stored.edited_value, by: stored.edited_by, atMs: stored.edited_at_ms },
    lease:
      stored.lease_owner === null || !isAlive(stored.lease_process)
        ? null
        : { owner: stored.lease_owner, untilMs: stored.lease_until_ms },
    parkedAtMs: stored.parked_at_ms,
  };
}
