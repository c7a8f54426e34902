import { plainRecord } from "../packed-headers/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { binaryEvent } from "./binary-event.ts";
import { HeaderSlots, slot } from "./header-slots.ts";
import { isStructured, structuredAttributes, structuredEvent, structuredValue } from "./structured-event.ts";
import { decodeStrictly } from "./utf8.ts";

/** Of the record that is being decoded. */
const slots = new HeaderSlots();

/** An event as it stands in the log, from any CloudEvents 1.0 producer. */
export interface DecodedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  /** As it was written; ISO 8601. */
  readonly time: string | null;
  /** Milliseconds since 1970; null without a time, or when it is none. */
  readonly timeMs: number | null;
  readonly dataContentType: string;
  /** The contract's version; null when the producer names none. */
  readonly dataVersion: number | null;
  readonly dataSchema: string | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly tenantId: string | null;
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  /** The position in the subject's history; null unless the numbering is ours, which alone is without gaps. */
  readonly sequence: number | null;
  /** The numbering that `sequence` belongs to; 0 is the first. */
  readonly sequenceEpoch: number;
  /** All other attributes, by name. */
  readonly extensions: Readonly<Record<string, string>>;
  /** What the event is known by: see `eventKey`. */
  readonly key: string;
  /**
   * Parses the data, anew at each call: JSON as it reads, the bytes of any other content type, null when there is none.
   * Throws `EVENT_UNDECODABLE` for bad UTF-8 or bad JSON.
   */
  data(): unknown;
  /** The data's bytes where they are in the wire format of a schema registry, which no JSON begins like; else null. */
  encoded(): Uint8Array | null;
}

/**
 * Decodes a record by the Kafka protocol binding of CloudEvents 1.0, in binary mode or structured mode (JSON).
 * Data in binary mode is not touched before `data()`. Bytes that are no UTF-8 are refused in the attributes that identify
 * and route an event (id, source, type, subject, tenantid, content type), and replaced in the others.
 * Throws `EVENT_UNDECODABLE`, which says which attribute or byte is wrong.
 */
export function decodeEvent(record: LogRecord): DecodedEvent {
  slots.scan(record);
  return isStructured(slots) ? structuredEvent(record, slots) : binaryEvent(record, slots);
}

/** Whether a record claims to be a CloudEvent, in either mode; decoding it may still find that it is a broken one. */
export function isCloudEvent(record: LogRecord): boolean {
  slots.scan(record);
  return slots.length(slot.specversion) >= 0 || isStructured(slots);
}

/** The record with other data, which is JSON: the value itself in binary mode, in structured mode a part of it. */
export function withData(record: LogRecord, data: Uint8Array): LogRecord {
  slots.scan(record);
  return { ...plainRecord(record), value: isStructured(slots) ? structuredValue(record, slots, data) : data };
}

/** The type of a record that may not be decodable otherwise; null when it has none that can be read. */
export function peekType(record: LogRecord): string | null {
  try {
    slots.scan(record);
    if (!isStructured(slots)) {
      const type = slots.bytes(slot.type);
      return type === null || type.length === 0 ? null : decodeStrictly(type);
    }
    const { type } = structuredAttributes(record, slots);
    return typeof type === "string" && type !== "" ? type : null;
  } catch {
    return null;
  }
}
