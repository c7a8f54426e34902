import { headersFromJson, type OutboxRow } from "throughline/seams";
import { decodeText } from "../text-codec.ts";

/** A row of throughline.outbox, with its ticket and number. */
export interface StoredOutboxRow {
  readonly ticket: number;
  readonly id: number;
  readonly event_id: string;
  readonly topic: string;
  readonly subject: string | null;
  readonly created_at_ms: number;
  readonly once: boolean;
  readonly sequence: number | null;
  readonly sequence_epoch: number | null;
  readonly headers: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Of `t`, the table that has the ticket, and `o`, the outbox. */
export const outboxColumns =
  "t.ticket, t.id, t.sequence, t.sequence_epoch, o.event_id, o.topic, o.subject, o.created_at_ms, o.once, o.headers, o.key, o.value";

/** Throws when the headers, which anybody may have written, cannot be read. */
export function outboxRowOf(stored: StoredOutboxRow): OutboxRow {
  return {
    ticket: stored.ticket,
    eventId: decodeText(stored.event_id),
    topic: stored.topic,
    subject: stored.subject === null ? null : decodeText(stored.subject),
    key: stored.key,
    value: stored.value,
    headers: headersOf(stored.headers),
    createdAtMs: stored.created_at_ms,
    once: stored.once,
    sequence: stored.sequence,
    sequenceEpoch: stored.sequence_epoch ?? 0,
  };
}

/** A row that was stopped, perhaps because its headers cannot be read: then it has none. */
export function stoppedRowOf(stored: StoredOutboxRow): OutboxRow {
  try {
    return outboxRowOf(stored);
  } catch {
    return outboxRowOf({ ...stored, headers: "[]" });
  }
}

function headersOf(json: string): OutboxRow["headers"] {
  if (!/^\s*[[{]/.test(json)) throw new TypeError(`headers must be an array or an object, not ${json}`);
  return headersFromJson(json);
}
