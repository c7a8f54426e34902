import type { LogRecord } from "../seams/event-log.ts";
import { isJsonType, timeMsOf, wholeNumberIn } from "./attribute-values.ts";
import type { DecodedEvent } from "./decode-event.ts";
import { eventKey } from "./event-id.ts";
import { type HeaderSlots, KNOWN_ATTRIBUTES, SEQUENCE_ATTRIBUTES } from "./header-slots.ts";
import { readJson, readText, undecodable } from "./undecodable.ts";
import { decodeLoosely } from "./utf8.ts";

const SPEC_VERSION = Buffer.from("1.0");
const THROUGHLINE = Buffer.from("throughline");
const JSON_TYPE = Buffer.from("application/json");

/**
 * An event in binary mode. What identifies and routes it is decoded at once; the rest when it is asked for, because this
 * runs for every record that a service reads.
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
  readonly #slots: HeaderSlots;

  constructor(record: LogRecord, slots: HeaderSlots) {
    const { specversion } = slots;
    if (specversion === null) throw undecodable(record, "ce_specversion", "is missing");
    if (!same(specversion, SPEC_VERSION))
      throw undecodable(record, "ce_specversion", `is "${decodeLoosely(specversion)}", and only "1.0" is known`);
    this.id = required(record, "ce_id", slots.id);
    this.source = required(record, "ce_source", slots.source);
    this.type = required(record, "ce_type", slots.type);
    this.subject = optional(record, "ce_subject", slots.subject);
    this.tenantId = optional(record, "ce_tenantid", slots.tenantid);
    this.dataContentType =
      slots.contentType === null || same(slots.contentType, JSON_TYPE)
        ? "application/json"
        : readText(record, "content-type", slots.contentType);
    this.dataVersion = slots.dataversion === null ? null : wholeNumberIn(slots.dataversion, 1);
    const { sequence, sequencetype, sequenceepoch } = slots;
    // A number is a place in a subject's history: without a subject it means nothing.
    const isNumbered = this.subject !== null && sequence !== null && sequencetype !== null && same(sequencetype, THROUGHLINE);
    this.sequence = isNumbered ? number(record, "ce_sequence", sequence, 1) : null;
    this.sequenceEpoch = isNumbered && sequenceepoch !== null ? number(record, "ce_sequenceepoch", sequenceepoch, 0) : 0;
    this.#record = record;
    this.#slots = slots;
  }

  get correlationId(): string | null {
    return loosely(this.#slots.correlationid);
  }

  get causationId(): string | null {
    return loosely(this.#slots.causationid);
  }

  get time(): string | null {
    return loosely(this.#slots.time);
  }

  get timeMs(): number | null {
    return timeMsOf(this.time);
  }

  get dataSchema(): string | null {
    return loosely(this.#slots.dataschema);
  }

  get traceparent(): string | null {
    return loosely(this.#slots.traceparent);
  }

  get tracestate(): string | null {
    return loosely(this.#slots.tracestate);
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
    return eventKey(this.source, this.id);
  }

  data(): unknown {
    const { value } = this.#record;
    if (value === null) return null;
    return isJsonType(this.dataContentType) ? readJson(this.#record, "the value", value) : value;
  }
}

export function binaryEvent(record: LogRecord, slots: HeaderSlots): DecodedEvent {
  return new BinaryEvent(record, slots);
}

function required(record: LogRecord, header: string, bytes: Uint8Array | null): string {
  if (bytes === null || bytes.length === 0) throw undecodable(record, header, bytes === null ? "is missing" : "is empty");
  return readText(record, header, bytes);
}

function optional(record: LogRecord, header: string, bytes: Uint8Array | null): string | null {
  return bytes === null || bytes.length === 0 ? null : readText(record, header, bytes);
}

function loosely(bytes: Uint8Array | null): string | null {
  return bytes === null || bytes.length === 0 ? null : decodeLoosely(bytes);
}

function number(record: LogRecord, header: string, bytes: Uint8Array, least: number): number {
  const value = wholeNumberIn(bytes, least);
  if (value === null)
    throw undecodable(record, header, `is "${decodeLoosely(bytes)}", which is no whole number of at least ${least}`);
  return value;
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
