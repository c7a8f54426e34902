import { isFramed } from "../encoding/wire-format.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { isJsonType, timeMsOf, wholeNumber } from "./attribute-values.ts";
import type { DecodedEvent } from "./decode-event.ts";
import { eventKey } from "./event-id.ts";
import { type HeaderSlots, KNOWN_ATTRIBUTES, SEQUENCE_ATTRIBUTES, slot } from "./header-slots.ts";
import { readJson, undecodable } from "./undecodable.ts";
import { decodeLoosely } from "./utf8.ts";

type Attributes = Readonly<Record<string, unknown>>;

const STRUCTURED = "application/cloudevents";

/** What identifies and routes an event is refused where binary mode refuses bytes that are no UTF-8; the rest is repaired. */
const IDENTIFYING: ReadonlySet<string> = new Set(["id", "source", "type", "subject", "tenantid"]);

/** Whether the value holds the whole event, attributes included. */
export function isStructured(slots: HeaderSlots): boolean {
  // The length spares the hot path of binary mode a decoding.
  return slots.length(slot.contentType) >= STRUCTURED.length && contentTypeOf(slots).trim().toLowerCase().startsWith(STRUCTURED);
}

function contentTypeOf(slots: HeaderSlots): string {
  return decodeLoosely(slots.bytes(slot.contentType) ?? new Uint8Array());
}

/** The event format's members. Throws `EVENT_UNDECODABLE`. */
export function structuredAttributes(record: LogRecord, slots: HeaderSlots): Attributes {
  const mediaType = contentTypeOf(slots).split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== `${STRUCTURED}+json`) {
    throw undecodable(
      record,
      "content-type",
      `is "${mediaType}", and of structured events only "${STRUCTURED}+json" can be read`,
    );
  }
  const envelope = record.value === null ? undefined : readJson(record, "the value", record.value);
  if (typeof envelope !== "object" || envelope === null || Array.isArray(envelope)) {
    throw undecodable(record, "the value", "is no JSON object that holds an event");
  }
  return envelope as Attributes;
}

/** An event in structured mode (JSON event format of CloudEvents 1.0). */
export function structuredEvent(record: LogRecord, slots: HeaderSlots): DecodedEvent {
  const attributes = structuredAttributes(record, slots);
  const read = (name: string): string | null => textOf(record, attributes, name);
  const require = (name: string): string => {
    const value = read(name);
    if (value === null) throw undecodable(record, name, attributes[name] === "" ? "is empty" : "is missing");
    return value;
  };

  const specversion = require("specversion");
  if (specversion !== "1.0") throw undecodable(record, "specversion", `is "${specversion}", and only "1.0" is known`);
  const id = require("id");
  const source = require("source");
  const type = require("type");
  const time = read("time");
  const dataContentType = read("datacontenttype") ?? "application/json";
  const subject = read("subject");
  // A number is a place in a subject's history: without a subject it means nothing.
  const numbered = subject !== null && read("sequencetype") === "throughline" && read("sequence") !== null;
  const number = (name: string, least: number): number => {
    const value = wholeNumber(read(name) ?? "0", least);
    if (value === null) throw undecodable(record, name, `is "${read(name)}", which is no whole number of at least ${least}`);
    return value;
  };
  return {
    id,
    source,
    type,
    subject,
    time,
    timeMs: timeMsOf(time),
    dataContentType,
    dataVersion: wholeNumber(read("dataversion") ?? "", 1),
    dataSchema: read("dataschema"),
    correlationId: read("correlationid"),
    causationId: read("causationid"),
    tenantId: read("tenantid"),
    traceparent: read("traceparent"),
    tracestate: read("tracestate"),
    sequence: numbered ? number("sequence", 1) : null,
    sequenceEpoch: numbered ? number("sequenceepoch", 0) : 0,
    extensions: extensionsOf(record, attributes, numbered),
    key: eventKey(source, id),
    data: () => dataOf(record, attributes, dataContentType),
    encoded: () => encodedIn(attributes),
  };
}

/** The value of a structured event with other data: bytes of JSON, which stay as they are. Throws `EVENT_UNDECODABLE`. */
export function structuredValue(record: LogRecord, slots: HeaderSlots, data: Uint8Array): Uint8Array {
  const { data: _data, data_base64: _base64, ...attributes } = structuredAttributes(record, slots);
  // An event has attributes, so its JSON is more than "{}".
  return Buffer.concat([Buffer.from(`${JSON.stringify(attributes).slice(0, -1)},"data":`), data, Buffer.from("}")]);
}

/** Attributes are strings, and may be numbers and booleans for extensions; null is the same as absent. */
function textOf(record: LogRecord, attributes: Attributes, name: string): string | null {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : null;
  if (value === null || value === "") return null;
  if (typeof value === "string") {
    // JSON can hold half a surrogate pair, which no store gives back as it was.
    if (IDENTIFYING.has(name) && !value.isWellFormed()) throw undecodable(record, name, "is not well-formed Unicode");
    return value.toWellFormed();
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw undecodable(record, name, `is ${Array.isArray(value) ? "an array" : "an object"}, and an attribute is text`);
}

function extensionsOf(record: LogRecord, attributes: Attributes, numbered: boolean): Readonly<Record<string, string>> {
  const extensions: [string, string][] = [];
  for (const name of Object.keys(attributes)) {
    if (name === "data" || name === "data_base64" || KNOWN_ATTRIBUTES.has(name) || (numbered && SEQUENCE_ATTRIBUTES.has(name)))
      continue;
    const value = textOf(record, attributes, name);
    if (value !== null) extensions.push([name, value]);
  }
  return Object.fromEntries(extensions);
}

function encodedIn({ data_base64: base64 }: Attributes): Uint8Array | null {
  const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : null;
  return bytes !== null && isFramed(bytes) ? bytes : null;
}

function dataOf(record: LogRecord, attributes: Attributes, contentType: string): unknown {
  const { data, data_base64: base64 } = attributes;
  if (base64 === undefined || base64 === null) {
    // Anew at each call, as in binary mode, so that no reader sees what another one changed.
    return data === undefined ? null : structuredClone(data);
  }
  if (typeof base64 !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw undecodable(record, "data_base64", "is not base64");
  }
  const bytes = Buffer.from(base64, "base64");
  return isJsonType(contentType) ? readJson(record, "data_base64", bytes) : bytes;
}
