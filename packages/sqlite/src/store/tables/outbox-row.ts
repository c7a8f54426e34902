import { headersFromJson, type OutboxRow } from "throughline/seams";

/** A row of throughline_outbox or throughline_outbox_held, with its number. */
export interface StoredOutboxRow {
  readonly ticket: number;
  readonly event_id: string;
  readonly topic: string;
  readonly subject: string | null;
  readonly created_at_ms: number;
  readonly once: number;
  readonly sequence: number | null;
  readonly sequence_epoch: number | null;
  readonly headers: string;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
}

/** What both tables have. */
export const outboxColumns = "ticket, event_id, topic, subject, created_at_ms, once, headers, key, value";

/** A row whose number may still be given. */
export type NumberedOutboxRow = Omit<OutboxRow, "sequence" | "sequenceEpoch"> & {
  sequence: OutboxRow["sequence"];
  sequenceEpoch: OutboxRow["sequenceEpoch"];
};

/** Throws when the headers, which anybody may have written, cannot be read. */
export function outboxRowOf(stored: StoredOutboxRow): NumberedOutboxRow {
  return {
    ticket: stored.ticket,
    eventId: stored.event_id,
    topic: stored.topic,
    subject: stored.subject,
    key: bytesOf(stored.key),
    value: bytesOf(stored.value),
    headers: headersFromJson(stored.headers),
    createdAtMs: stored.created_at_ms,
    once: stored.once === 1,
    sequence: stored.sequence,
    sequenceEpoch: stored.sequence_epoch ?? 0,
  };
}

function bytesOf(value: Uint8Array | string | null): Uint8Array | null {
  return typeof value === "string" ? Buffer.from(value, "utf8") : value;
}
