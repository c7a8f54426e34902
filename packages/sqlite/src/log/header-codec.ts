import type { Header } from "throughline/seams";

/*
 * Headers as one blob: for each, the name's length, the name (UTF-8), the value's length + 1 (0 for null), the value. Lengths are
 * LEB128. Names repeat from record to record, so both directions keep them.
 */

const namesKept = 2_000;
const encodedNames = new Map<string, Uint8Array>();
const decodedNames = new Map<number, { readonly bytes: Uint8Array; readonly name: string }>();

/** Null for no headers. */
export function encodeHeaders(headers: readonly Header[]): Uint8Array | null {
  if (headers.length === 0) return null;
  let length = 0;
  for (const [name, value] of headers) {
    const valueLength = value === null ? 0 : value.byteLength + 1;
    length += encodedName(name).length + lengthOfNumber(valueLength) + (value?.byteLength ?? 0);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const [name, value] of headers) {
    at = copy(encodedName(name), bytes, at);
    at = writeNumber(bytes, at, value === null ? 0 : value.byteLength + 1);
    if (value !== null) at = copy(value, bytes, at);
  }
  return bytes;
}

/** The values are views into `bytes`. */
export function decodeHeaders(bytes: Uint8Array | null): Header[] {
  const headers: Header[] = [];
  if (bytes === null) return headers;
  let at = 0;
  const readNumber = (): number => {
    let result = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] as number;
      if (byte < 128) return result + byte * factor;
      result += (byte - 128) * factor;
    }
  };
  while (at < bytes.length) {
    const nameLength = readNumber();
    const name = decodedName(bytes, at, nameLength);
    at += nameLength;
    const valueLength = readNumber() - 1;
    headers.push([name, valueLength < 0 ? null : bytes.subarray(at, at + valueLength)]);
    if (valueLength > 0) at += valueLength;
  }
  return headers;
}

/** Answers where it ended. A loop is faster than `set` for what most names and values are. */
function copy(from: Uint8Array, to: Uint8Array, start: number): number {
  if (from.length > 64) to.set(from, start);
  else for (let i = 0; i < from.length; i += 1) to[start + i] = from[i] as number;
  return start + from.length;
}

/** Length and name. */
function encodedName(name: string): Uint8Array {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const prefix = new Uint8Array(lengthOfNumber(text.length) + text.length);
  prefix.set(text, writeNumber(prefix, 0, text.length));
  if (encodedNames.size >= namesKept) encodedNames.clear();
  encodedNames.set(name, prefix);
  return prefix;
}

function decodedName(bytes: Uint8Array, start: number, length: number): string {
  let hash = length;
  for (let i = 0; i < length; i += 1) hash = (Math.imul(hash, 31) + (bytes[start + i] as number)) | 0;
  const known = decodedNames.get(hash);
  if (known !== undefined && sameBytes(known.bytes, bytes, start, length)) return known.name;
  const own = bytes.slice(start, start + length);
  const name = Buffer.from(own).toString();
  if (decodedNames.size >= namesKept) decodedNames.clear();
  decodedNames.set(hash, { bytes: own, name });
  return name;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}

function lengthOfNumber(number: number): number {
  let length = 1;
  for (let rest = number; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

function writeNumber(bytes: Uint8Array, start: number, number: number): number {
  let at = start;
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
  bytes[at++] = rest;
  return at;
}
