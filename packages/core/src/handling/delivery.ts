import { type DecodedEvent, decodeEvent, peekType } from "../envelope/index.ts";
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

/** A parked row as a delivery; an edit stands in place of the original's value. */
export function parkedDelivery(row: ParkedRow): ParkedDelivery {
  const record = row.edited === null ? row.record : { ...row.record, value: row.edited.value };
  return { ...deliveryOf(record, row), parked: row };
}

/** What identifies a delivery in inbox and parking: the event's key, or its place where it has none. */
export function deliveryKey({ event, record }: Delivery): string {
  return event?.key ?? `record:${record.topicId}/${record.partition}/${record.offset}`;
}
