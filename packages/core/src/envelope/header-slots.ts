import { type HeaderVisitor, sameBytes, visitHeaders } from "../packed-headers/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { wholeNumberIn } from "./attribute-values.ts";
import { isAscii } from "./utf8.ts";

/** The headers that mean something to us, by the slots in which their places are kept. */
export const slot = {
  contentType: 0,
  specversion: 1,
  id: 2,
  source: 3,
  type: 4,
  subject: 5,
  time: 6,
  dataschema: 7,
  correlationid: 8,
  causationid: 9,
  dataversion: 10,
  tenantid: 11,
  traceparent: 12,
  tracestate: 13,
  sequence: 14,
  sequencetype: 15,
  sequenceepoch: 16,
} as const;

type Slot = (typeof slot)[keyof typeof slot];

const absent = -1;
const elsewhere = -2;

const headerNames = Object.entries(slot).map(([name, number]) => ({
  header: number === slot.contentType ? "content-type" : `ce_${name}`,
  number,
}));
const slotOfName = new Map<string, Slot>(headerNames.map(({ header, number }) => [header, number]));
/** By a hash that tells our names apart: packed names are looked up without making texts of them. */
const slotOfHash = new Map(
  headerNames.map(({ header, number }) => {
    const bytes = Buffer.from(header);
    return [hashOf(bytes, 0, bytes.length), { number, bytes }];
  }),
);

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  return ((end - start) << 16) | ((bytes[start + 3] ?? 0) << 8) | (bytes[start + 4] ?? 0);
}

/**
 * Where a record's headers stand, undecoded. One object serves all records, because each of them is scanned: what it tells is
 * of the record scanned last, so read what you need at once.
 */
export class HeaderSlots implements HeaderVisitor {
  /** The bytes that hold each value; null for a header that is absent or has no value. */
  readonly #bytes: (Uint8Array | null)[] = headerNames.map(() => null);
  readonly #starts = headerNames.map(() => 0);
  readonly #ends = headerNames.map(() => 0);
  /** The names found last, by their place among ours. */
  readonly #lastNames: { readonly number: Slot; readonly bytes: Uint8Array }[] = [];
  #place = 0;
  /** The last text of each header: source, type and the like are the same for most records. */
  readonly #texts: (string | null)[] = headerNames.map(() => null);

  /** Goes through the headers once. Of a header that occurs twice, the last counts, as for any Kafka client. */
  scan(record: LogRecord): this {
    this.#bytes.fill(null);
    this.#place = 0;
    const { packedHeaders } = record;
    if (packedHeaders === undefined) this.#scanHeaders(record);
    else if (packedHeaders !== null) visitHeaders(packedHeaders, this);
    return this;
  }

  #scanHeaders({ headers }: LogRecord): void {
    for (let i = 0; i < headers.length; i++) {
      // By index: destructuring goes through an iterator.
      const header = headers[i] as (typeof headers)[number];
      const number = slotOfName.get(header[0]) ?? (isContentType(header[0]) ? slot.contentType : null);
      if (number !== null) this.#put(number, header[1], 0, header[1]?.length ?? 0);
    }
  }

  header(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): void {
    // Most records have the same headers in the same places.
    const last = this.#lastNames[this.#place];
    if (last !== undefined && sameBytes(last.bytes, bytes, name, nameEnd)) {
      this.#put(last.number, value < 0 ? null : bytes, value, valueEnd);
      this.#place++;
      return;
    }
    const known = slotOfHash.get(hashOf(bytes, name, nameEnd));
    if (known === undefined) return;
    const isOurs =
      sameBytes(known.bytes, bytes, name, nameEnd) ||
      (known.number === slot.contentType && isContentType(Buffer.prototype.latin1Slice.call(bytes, name, nameEnd)));
    if (!isOurs) return;
    this.#put(known.number, value < 0 ? null : bytes, value, valueEnd);
    if (this.#place < headerNames.length && nameEnd - name === known.bytes.length) this.#lastNames[this.#place++] = known;
  }

  #put(number: Slot, bytes: Uint8Array | null, start: number, end: number): void {
    this.#bytes[number] = bytes;
    this.#starts[number] = start;
    this.#ends[number] = end;
  }

  /**
   * Where a header's value stands in packed headers, as one small number to be kept for `recall`; `absent` without one, and
   * `elsewhere` where it is too far away for that, or not in packed headers.
   */
  place(number: Slot, { packedHeaders }: LogRecord): number {
    const bytes = this.#bytes[number] as Uint8Array | null;
    if (bytes === null) return absent;
    const start = this.#starts[number] as number;
    const length = (this.#ends[number] as number) - start;
    return bytes === packedHeaders && start < 2 ** 15 && length < 2 ** 16 ? start * 2 ** 16 + length : elsewhere;
  }

  /** Makes this header of a record that was scanned before readable again, without a scan where `place` tells enough. */
  recall(number: Slot, record: LogRecord, place: number): this {
    if (place === elsewhere) return this.scan(record);
    const start = Math.floor(place / 2 ** 16);
    if (place === absent) this.#put(number, null, 0, 0);
    else this.#put(number, record.packedHeaders ?? null, start, start + (place % 2 ** 16));
    return this;
  }

  /** How many bytes it has; -1 when it is absent. */
  length(number: Slot): number {
    return this.#bytes[number] === null ? -1 : (this.#ends[number] as number) - (this.#starts[number] as number);
  }

  equals(number: Slot, value: Uint8Array): boolean {
    const bytes = this.#bytes[number] as Uint8Array | null;
    return bytes !== null && sameBytes(value, bytes, this.#starts[number] as number, this.#ends[number] as number);
  }

  /** Its bytes; null when it is absent. */
  bytes(number: Slot): Uint8Array | null {
    return this.#bytes[number]?.subarray(this.#starts[number], this.#ends[number]) ?? null;
  }

  /** As `wholeNumberIn`; null when it is absent. */
  wholeNumber(number: Slot, least: number): number | null {
    const bytes = this.#bytes[number] as Uint8Array | null;
    return bytes === null ? null : wholeNumberIn(bytes, least, this.#starts[number], this.#ends[number]);
  }

  /** Its text where it is ASCII, as it nearly always is; null otherwise, and when it is absent. */
  ascii(number: Slot): string | null {
    const bytes = this.#bytes[number] as Uint8Array | null;
    if (bytes === null) return null;
    const start = this.#starts[number] as number;
    const end = this.#ends[number] as number;
    const last = this.#texts[number] as string | null;
    if (last !== null && isText(last, bytes, start, end)) return last;
    if (!isAscii(bytes, start, end)) return null;
    const text = Buffer.prototype.latin1Slice.call(bytes, start, end);
    this.#texts[number] = text;
    return text;
  }
}

/** Its name alone is written in any case, for it is a header of many protocols. */
function isContentType(name: string): boolean {
  return name.length === 12 && name.toLowerCase() === "content-type";
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** The attributes behind the slots: whatever else has a `ce_` header is an extension nobody here knows. */
export const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "dataschema",
  "datacontenttype",
  "correlationid",
  "causationid",
  "dataversion",
  "tenantid",
  "traceparent",
  "tracestate",
]);

/** The attributes of a position; they are extensions like any other where the numbering is not ours. */
export const SEQUENCE_ATTRIBUTES: ReadonlySet<string> = new Set(["sequence", "sequencetype", "sequenceepoch"]);
