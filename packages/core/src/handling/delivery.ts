import { plainRecord } from "../packed-headers/index.ts";
import { type DecodedEvent, decodeEvent, peekType, withData } from "../envelope/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import type { ParkedRow } from "../seams/store.ts";

/** One record on its way to a handler: fresh from the log, or out of parking. */
export interface Delivery {
  readonly record: LogRecord;
  /** Null when the record cannot be decoded. */
  readonly event: DecodedEvent | null;
  /** Why not. */
  readonly problem: unknown;
  /** The type, where it can be read at all. */
  readonly type: string | null;
  /** The row it comes out of, or null for a live one. */
  readonly parked: ParkedRow | null;
}

export function deliveryOf(record: LogRecord, parked: ParkedRow | null = null): Delivery {
  try {
    const event = decodeEvent(record);
    return { record, event, problem: null, type: event.type, parked };
  } catch (problem) {
    return { record, event: null, problem, type: peekType(record), parked };
  }
}

export type ParkedDelivery = Delivery & { readonly parked: ParkedRow };

/** A parked row as a delivery; an edit stands in place of the original's data. */
export function parkedDelivery(row: ParkedRow): ParkedDelivery {
  return { ...deliveryOf(row.edited === null ? row.record : edited(row.record, row.edited.value), row), parked: row };
}

/** An envelope that cannot be read is no place for an edit. */
function edited(record: LogRecord, value: Uint8Array | null): LogRecord {
  try {
    return value === null ? { ...plainRecord(record), value } : withData(record, value);
  } catch {
    return record;
  }
}

/** What identifies a delivery in inbox and parking: the event's key, or its place where it has none. */
export function deliveryKey({ event, record }: Delivery): string {
  return event?.key ?? `record:${record.topicId}/${record.partition}/${record.offset}`;
}

/** Empty where it has none. */
export function subjectOf({ event }: Delivery): string {
  return event?.subject ?? "";
}
