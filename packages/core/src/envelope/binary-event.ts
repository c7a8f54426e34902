import type { LogRecord } from "../seams/event-log.ts";
import { isFramed } from "../encoding/wire-format.ts";
import { isJsonType, timeMsOf } from "./attribute-values.ts";
import type { DecodedEvent } from "./decode-event.ts";
import { eventKey } from "./event-id.ts";
import { HeaderSlots, KNOWN_ATTRIBUTES, SEQUENCE_ATTRIBUTES, slot } from "./header-slots.ts";
import { readJson, readText, undecodable } from "./undecodable.ts";
import { decodeLoosely } from "./utf8.ts";

const SPEC_VERSION = Buffer.from("1.0");
const THROUGHLINE = Buffer.from("throughline");
const JSON_TYPE = Buffer.from("application/json");

/** Of the event whose particulars are read. */
const slotsOfParticulars = new HeaderSlots();

/**
 * An event in binary mode. What identifies and routes it is decoded at once; the rest when it is asked for, because this
 * runs for every record that a service reads: until then, only its place is kept.
 */
class BinaryEvent implements DecodedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly dataContentType: string;
  readonly dataVersion: number | null;
  readonly tenantId: string | null;
  readonly sequence: number | null;
  readonly sequenceEpoch: number;
  readonly #record: LogRecord;
  #key: string | null = null;
  readonly #correlationAt: number;
  readonly #causationAt: number;
  readonly #timeAt: number;
  readonly #dataSchemaAt: number;
  readonly #traceparentAt: number;
  readonly #tracestateAt: number;

  constructor(record: LogRecord, slots: HeaderSlots) {
    if (slots.length(slot.specversion) < 0) throw undecodable(record, "ce_specversion", "is missing");
    if (!slots.equals(slot.specversion, SPEC_VERSION))
      throw undecodable(record, "ce_specversion", `is "${loosely(slots, slot.specversion)}", and only "1.0" is known`);
    this.id = required(record, "ce_id", slots, slot.id);
    this.source = required(record, "ce_source", slots, slot.source);
    this.type = required(record, "ce_type", slots, slot.type);
    this.subject = optional(record, "ce_subject", slots, slot.subject);
    this.tenantId = optional(record, "ce_tenantid", slots, slot.tenantid);
    this.dataContentType =
      slots.length(slot.contentType) < 0 || slots.equals(slot.contentType, JSON_TYPE)
        ? "application/json"
        : text(record, "content-type", slots, slot.contentType);
    this.dataVersion = slots.wholeNumber(slot.dataversion, 1);
    // A number is a place in a subject's history: without a subject it means nothing.
    const isNumbered = this.subject !== null && slots.length(slot.sequence) >= 0 && slots.equals(slot.sequencetype, THROUGHLINE);
    this.sequence = isNumbered ? number(record, "ce_sequence", slots, slot.sequence, 1) : null;
    this.sequenceEpoch =
      isNumbered && slots.length(slot.sequenceepoch) >= 0 ? number(record, "ce_sequenceepoch", slots, slot.sequenceepoch, 0) : 0;
    this.#record = record;
    this.#correlationAt = slots.place(slot.correlationid, record);
    this.#causationAt = slots.place(slot.causationid, record);
    this.#timeAt = slots.place(slot.time, record);
    this.#dataSchemaAt = slots.place(slot.dataschema, record);
    this.#traceparentAt = slots.place(slot.traceparent, record);
    this.#tracestateAt = slots.place(slot.tracestate, record);
  }

  /** What tells of an event, and neither identifies nor routes it. */
  #particular(number: Slot, place: number): string | null {
    return loosely(slotsOfParticulars.recall(number, this.#record, place), number);
  }

  get correlationId(): string | null {
    return this.#particular(slot.correlationid, this.#correlationAt);
  }

  get causationId(): string | null {
    return this.#particular(slot.causationid, this.#causationAt);
  }

  get time(): string | null {
    return this.#particular(slot.time, this.#timeAt);
  }

  get timeMs(): number | null {
    return timeMsOf(this.time);
  }

  get dataSchema(): string | null {
    return this.#particular(slot.dataschema, this.#dataSchemaAt);
  }

  get traceparent(): string | null {
    return this.#particular(slot.traceparent, this.#traceparentAt);
  }

  get tracestate(): string | null {
    return this.#particular(slot.tracestate, this.#tracestateAt);
  }

  get extensions(): Readonly<Record<string, string>> {
    const extensions: [string, string][] = [];
    for (const [header, value] of this.#record.headers) {
      if (!header.startsWith("ce_") || value === null) continue;
      const name = header.slice(3);
      if (KNOWN_ATTRIBUTES.has(name) || (this.sequence !== null && SEQUENCE_ATTRIBUTES.has(name))) continue;
      extensions.push([name, decodeLoosely(value)]);
    }
    return Object.fromEntries(extensions);
  }

  get key(): string {
    this.#key ??= eventKey(this.source, this.id);
    return this.#key;
  }

  data(): unknown {
    const { value } = this.#record;
    if (value === null) return null;
    return isJsonType(this.dataContentType) ? readJson(this.#record, "the value", value) : value;
  }

  encoded(): Uint8Array | null {
    const { value } = this.#record;
    return value !== null && isFramed(value) ? value : null;
  }
}

export function binaryEvent(record: LogRecord, slots: HeaderSlots): DecodedEvent {
  return new BinaryEvent(record, slots);
}

type Slot = Parameters<HeaderSlots["bytes"]>[0];

function required(record: LogRecord, header: string, slots: HeaderSlots, number: Slot): string {
  const length = slots.length(number);
  if (length <= 0) throw undecodable(record, header, length < 0 ? "is missing" : "is empty");
  return text(record, header, slots, number);
}

function optional(record: LogRecord, header: string, slots: HeaderSlots, number: Slot): string | null {
  return slots.length(number) <= 0 ? null : text(record, header, slots, number);
}

function text(record: LogRecord, header: string, slots: HeaderSlots, number: Slot): string {
  return slots.ascii(number) ?? readText(record, header, slots.bytes(number) as Uint8Array);
}

function loosely(slots: HeaderSlots, number: Slot): string | null {
  return slots.length(number) <= 0 ? null : (slots.ascii(number) ?? decodeLoosely(slots.bytes(number) as Uint8Array));
}

function number(record: LogRecord, header: string, slots: HeaderSlots, of: Slot, least: number): number {
  const value = slots.wholeNumber(of, least);
  if (value === null)
    throw undecodable(record, header, `is "${loosely(slots, of) ?? ""}", which is no whole number of at least ${least}`);
  return value;
}
