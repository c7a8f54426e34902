import type { Header } from "../seams/event-log.ts";

/*
 * Headers as one blob: for each, the name's length, the name (UTF-8), the value's length + 1 (0 for null), the value. Lengths are
 * LEB128. Names repeat from record to record, so both directions keep them.
 */

const namesKept = 2_000;
const packedNames = new Map<string, Uint8Array>();
const unpackedNames = new Map<number, { readonly bytes: Uint8Array; readonly name: string }>();

/**
 * Headers in the form in which a log may store them, and give them to readers as `LogRecord.packedHeaders`. Null for none.
 * @example unpackHeaders(packHeaders([["ce_id", bytes]])) // [["ce_id", bytes]]
 */
export function packHeaders(headers: readonly Header[]): Uint8Array | null {
  if (headers.length === 0) return null;
  let length = 0;
  for (let i = 0; i < headers.length; i += 1) {
    // By index: destructuring goes through an iterator, and this runs for each header of each record.
    const header = headers[i] as Header;
    const value = header[1];
    const valueLength = value === null ? 0 : value.byteLength;
    length += packedName(header[0]).length + lengthOfNumber(value === null ? 0 : valueLength + 1) + valueLength;
  }
  // From the pool: an array buffer for each record would cost more than what is written into it.
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < headers.length; i += 1) {
    const header = headers[i] as Header;
    const value = header[1];
    at = copy(packedName(header[0]), bytes, at);
    at = writeNumber(bytes, at, value === null ? 0 : value.byteLength + 1);
    if (value !== null) at = copy(value, bytes, at);
  }
  return bytes;
}

/** The values are views into `bytes`. */
export function unpackHeaders(bytes: Uint8Array | null): Header[] {
  const unpacking = new Unpacking();
  if (bytes !== null) visitHeaders(bytes, unpacking);
  return unpacking.headers;
}

class Unpacking implements HeaderVisitor {
  readonly headers: Header[] = [];

  header(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): void {
    this.headers.push([unpackedName(bytes, name, nameEnd), value < 0 ? null : bytes.subarray(value, valueEnd)]);
  }
}

export interface HeaderVisitor {
  /** Where a name and its value begin and end; a value of null begins at -1. */
  header(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): void;
}

/** Goes through packed headers in their order, without making anything of them. */
export function visitHeaders(bytes: Uint8Array, visitor: HeaderVisitor): void {
  let at = 0;
  while (at < bytes.length) {
    let length = readNumber(bytes, at);
    at += lengthOfNumber(length);
    const name = at;
    const nameEnd = (at += length);
    length = readNumber(bytes, at);
    at += lengthOfNumber(length);
    const value = length === 0 ? -1 : at;
    at += Math.max(0, length - 1);
    visitor.header(bytes, name, nameEnd, value, at);
  }
}

/** Answers where it ended. A loop is faster than `set` for what most names and values are. */
function copy(from: Uint8Array, to: Uint8Array, start: number): number {
  const { length } = from;
  if (length > 64) to.set(from, start);
  else for (let i = 0; i < length; i += 1) to[start + i] = from[i] as number;
  return start + length;
}

/** Length and name. */
function packedName(name: string): Uint8Array {
  const known = packedNames.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const prefix = new Uint8Array(lengthOfNumber(text.length) + text.length);
  prefix.set(text, writeNumber(prefix, 0, text.length));
  if (packedNames.size >= namesKept) packedNames.clear();
  packedNames.set(name, prefix);
  return prefix;
}

function unpackedName(bytes: Uint8Array, start: number, end: number): string {
  let hash = end - start;
  for (let i = start; i < end; i += 1) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  const known = unpackedNames.get(hash);
  if (known !== undefined && sameBytes(known.bytes, bytes, start, end)) return known.name;
  const own = bytes.slice(start, end);
  const name = Buffer.from(own).toString();
  if (unpackedNames.size >= namesKept) unpackedNames.clear();
  unpackedNames.set(hash, { bytes: own, name });
  return name;
}

/** Whether `known` stands in `bytes` from `start` to `end`. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}

function lengthOfNumber(number: number): number {
  // Nearly every length fits into one byte.
  if (number < 128) return 1;
  let length = 1;
  for (let rest = number; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

function readNumber(bytes: Uint8Array, start: number): number {
  const first = bytes[start] as number;
  if (first < 128) return first;
  let result = 0;
  for (let at = start, factor = 1; ; at += 1, factor *= 128) {
    const byte = bytes[at] as number;
    if (byte < 128) return result + byte * factor;
    result += (byte - 128) * factor;
  }
}

function writeNumber(bytes: Uint8Array, start: number, number: number): number {
  let at = start;
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
  bytes[at++] = rest;
  return at;
}
