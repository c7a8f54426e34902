import { coreError } from "../errors/index.ts";
import type { EncodedValue } from "../encoding/encode-data.ts";
import type { Header } from "../seams/event-log.ts";

/** An event on its way to the log. Its data has been checked against its contract. */
export interface NewEvent {
  readonly id: string;
  /** The service that publishes it. */
  readonly source: string;
  readonly type: string;
  /** The aggregate's id, which is also the record's key; null for an event about no aggregate. */
  readonly subject: string | null;
  /** When it happened, in milliseconds since 1970. */
  readonly timeMs: number;
  /** The contract's version. */
  readonly dataVersion: number;
  /** Anything that JSON can hold. */
  readonly data: unknown;
  /** The data in another form, which is then the record's value. */
  readonly encoded?: EncodedValue | null;
  readonly correlationId: string;
  /** The id of the event that caused this one. */
  readonly causationId?: string | null;
  readonly tenantId?: string | null;
  /** The registered schema's URI. */
  readonly dataSchema?: string | null;
  readonly traceparent?: string | null;
  readonly tracestate?: string | null;
}

/** A record without its place in the log. */
export interface EncodedEvent {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  readonly headers: readonly Header[];
}

const SPEC_VERSION: Header = ["ce_specversion", bytes("1.0")];
const CONTENT_TYPE: Header = ["content-type", bytes("application/json")];
const SEQUENCE_TYPE: Header = ["ce_sequencetype", bytes("throughline")];
const SEQUENCE_HEADERS = new Set(["ce_sequence", "ce_sequencetype", "ce_sequenceepoch"]);

/** The bytes of a text that most events share are made once. */
class SharedText {
  #text = "";
  #bytes = bytes("");

  bytes(text: string): Uint8Array {
    if (text !== this.#text) {
      this.#text = text;
      this.#bytes = bytes(text);
    }
    return this.#bytes;
  }
}

const source = new SharedText();
const type = new SharedText();
const dataVersion = new SharedText();
const contentType = new SharedText();

/**
 * Encodes an event by the Kafka protocol binding of CloudEvents 1.0, in binary mode: attributes in `ce_*` headers, JSON data
 * as the value, the subject as the key. The sequence is added when it is known: see `withSequence`.
 * Throws `EVENT_INVALID` for data that JSON cannot hold (a cycle, a bigint).
 */
export function encodeEvent(event: NewEvent): EncodedEvent {
  const id = bytes(event.id);
  const headers: Header[] = [
    SPEC_VERSION,
    ["ce_id", id],
    ["ce_source", source.bytes(event.source)],
    ["ce_type", type.bytes(event.type)],
  ];
  const subject = event.subject === null ? null : bytes(event.subject);
  if (subject !== null && subject.length > 0) headers.push(["ce_subject", subject]);
  headers.push(["ce_time", bytes(new Date(event.timeMs).toISOString())]);
  add(headers, "ce_dataschema", event.dataSchema);
  headers.push(["ce_correlationid", event.correlationId === event.id ? id : bytes(event.correlationId)]);
  add(headers, "ce_causationid", event.causationId);
  headers.push(["ce_dataversion", dataVersion.bytes(String(event.dataVersion))]);
  add(headers, "ce_tenantid", event.tenantId);
  add(headers, "ce_traceparent", event.traceparent);
  add(headers, "ce_tracestate", event.tracestate);
  const { encoded = null } = event;
  headers.push(encoded === null ? CONTENT_TYPE : ["content-type", contentType.bytes(encoded.contentType)]);
  return { key: subject, value: encoded === null ? bytes(json(event)) : encoded.value, headers };
}

/**
 * The headers with an event's place in its subject's history, instead of any they had.
 * @param sequence 1, 2, 3 …; zero-padded to 16 digits on the wire, so that it also sorts as text.
 * @param sequenceEpoch The numbering it belongs to; 0, the first, is not written.
 */
export function withSequence(headers: readonly Header[], sequence: number, sequenceEpoch: number): Header[] {
  const numbered: Header[] = [];
  for (let i = 0; i < headers.length; i++) {
    // By index: destructuring goes through an iterator, and this runs for each header of each event that is sent.
    const header = headers[i] as Header;
    if (!SEQUENCE_HEADERS.has(header[0])) numbered.push(header);
  }
  numbered.push(["ce_sequence", bytes(String(sequence).padStart(16, "0"))], SEQUENCE_TYPE);
  if (sequenceEpoch > 0) numbered.push(["ce_sequenceepoch", bytes(String(sequenceEpoch))]);
  return numbered;
}

function json({ type, dataVersion: version, data }: NewEvent): string {
  try {
    const text = JSON.stringify(data);
    if (text !== undefined) return text;
  } catch (error) {
    const message = `cannot be written as JSON: ${(error as Error).message}`;
    throw coreError("EVENT_INVALID", { type, version, problems: [{ pointer: "", message }] }, error);
  }
  throw coreError("EVENT_INVALID", {
    type,
    version,
    problems: [{ pointer: "", message: `must be data, but is ${typeof data}` }],
  });
}

function add(headers: Header[], name: string, value: string | null | undefined): void {
  if (value !== null && value !== undefined && value !== "") headers.push([name, bytes(value)]);
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
