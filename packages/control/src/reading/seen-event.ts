import { decodeEvent, type DecodedEvent } from "throughline";
import type { LogRecord } from "throughline/seams";

/** What an event on the log says of itself, and where it stands. */
export interface SeenEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly time: string | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly sequence: number | null;
  readonly tenantId: string | null;
  readonly dataVersion: number | null;
}

/** Reads an event's attributes; null for a record that is no event or cannot be decoded. */
export function seenEvent(record: LogRecord): SeenEvent | null {
  const event = decoded(record);
  return event === null ? null : seenEventOf(record, event);
}

export function seenEventOf(record: LogRecord, event: DecodedEvent): SeenEvent {
  const { topic, partition, offset, timestampMs } = record;
  const { id, type, source, subject, time, correlationId, causationId, sequence, tenantId, dataVersion } = event;
  return {
    topic,
    partition,
    offset,
    timestampMs,
    id,
    type,
    source,
    subject,
    time,
    correlationId,
    causationId,
    sequence,
    tenantId,
    dataVersion,
  };
}

function decoded(record: LogRecord): DecodedEvent | null {
  try {
    return decodeEvent(record);
  } catch {
    return null;
  }
}

/** Whether a source names a service: other SDKs may write it as a path or URI. */
export const isServiceOf = (source: string, service: string): boolean =>
  source === service || source.split(/[/:]/).at(-1) === service;

/** Whether a service published an event. */
export const publishedBy = (event: SeenEvent, service: string): boolean => isServiceOf(event.source, service);
