import { crc32c } from "@platformatic/kafka";
import type { NewRecord } from "throughline/seams";

export interface BatchIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly firstSequence: number;
}

const headBytes = 61;
const namesKept = 2_000;
const encodedNames = new Map<string, Uint8Array>();

/** The most bytes that a record takes in a batch, and hardly more than it does take. */
export function recordBytesInBatch({ key, value, headers }: NewRecord): number {
  // Attributes, two deltas (10 and 5 bytes), four lengths and counts, and the record's own length: each 5 bytes at most.
  let bytes = 41 + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
  for (let i = 0; i < headers.length; i += 1) {
    const header = headers[i] as (typeof headers)[number];
    bytes += encodedName(header[0]).length + 5 + (header[1]?.byteLength ?? 0);
  }
  return bytes;
}

export const batchHeadBytes = headBytes;

/** One record batch (magic 2), uncompressed, as it stands in a produce request and in the log. */
export function writeRecordBatch(records: readonly NewRecord[], size: number, identity: BatchIdentity, nowMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  const firstMs = timestampOf(records[0] as NewRecord, nowMs);
  let maxMs = firstMs;
  let at = headBytes;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] as NewRecord;
    const timestampMs = timestampOf(record, nowMs);
    if (timestampMs > maxMs) maxMs = timestampMs;
    at = writeRecord(bytes, at, record, timestampMs - firstMs, i);
  }
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(at - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(0, 21);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(firstMs), 27);
  bytes.writeBigInt64BE(BigInt(maxMs), 35);
  bytes.writeBigInt64BE(identity.producerId, 43);
  bytes.writeInt16BE(identity.epoch, 51);
  bytes.writeInt32BE(identity.firstSequence, 53);
  bytes.writeInt32BE(records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21, at)), 17);
  return bytes.subarray(0, at);
}

function timestampOf(record: NewRecord, nowMs: number): number {
  return Math.floor(record.timestampMs ?? nowMs);
}

function writeRecord(bytes: Buffer, start: number, record: NewRecord, timestampDelta: number, offsetDelta: number): number {
  const { key, value, headers } = record;
  const bodyBytes = recordBodyBytes(record, timestampDelta, offsetDelta);
  let at = writeVarint(bytes, start, bodyBytes);
  bytes[at++] = 0;
  at = writeVarlong(bytes, at, timestampDelta);
  at = writeVarint(bytes, at, offsetDelta);
  at = writeNullable(bytes, at, key);
  at = writeNullable(bytes, at, value);
  at = writeVarint(bytes, at, headers.length);
  for (let i = 0; i < headers.length; i += 1) {
    const header = headers[i] as (typeof headers)[number];
    at = copy(encodedName(header[0]), bytes, at);
    at = writeNullable(bytes, at, header[1]);
  }
  return at;
}

function recordBodyBytes({ key, value, headers }: NewRecord, timestampDelta: number, offsetDelta: number): number {
  let length = 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta) + nullableBytes(key) + nullableBytes(value);
  length += varintBytes(headers.length);
  for (let i = 0; i < headers.length; i += 1) {
    const header = headers[i] as (typeof headers)[number];
    length += encodedName(header[0]).length + nullableBytes(header[1]);
  }
  return length;
}

/** Length and name. Names repeat from record to record, so they are kept. */
function encodedName(name: string): Uint8Array {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const encoded = Buffer.alloc(varintBytes(text.length) + text.length);
  encoded.set(text, writeVarint(encoded, 0, text.length));
  if (encodedNames.size >= namesKept) encodedNames.clear();
  encodedNames.set(name, encoded);
  return encoded;
}

function nullableBytes(part: Uint8Array | null): number {
  return part === null ? 1 : varintBytes(part.byteLength) + part.byteLength;
}

function writeNullable(bytes: Buffer, at: number, part: Uint8Array | null): number {
  if (part === null) {
    bytes[at] = 1; // -1
    return at + 1;
  }
  return copy(part, bytes, writeVarint(bytes, at, part.byteLength));
}

/** A loop is faster than `set` for what most names and values are. */
function copy(from: Uint8Array, to: Buffer, start: number): number {
  const { length } = from;
  if (length > 64) to.set(from, start);
  else for (let i = 0; i < length; i += 1) to[start + i] = from[i] as number;
  return start + length;
}

/** Zigzag, of numbers from 0 to 2^31 - 1. */
function writeVarint(bytes: Buffer, start: number, value: number): number {
  let left = value * 2;
  let at = start;
  while (left > 0x7f) {
    bytes[at++] = (left % 128) | 0x80;
    left = Math.floor(left / 128);
  }
  bytes[at++] = left;
  return at;
}

function varintBytes(value: number): number {
  let left = value * 2;
  let bytes = 1;
  while (left > 0x7f) {
    left = Math.floor(left / 128);
    bytes += 1;
  }
  return bytes;
}

/** Zigzag, of any safe integer. */
function writeVarlong(bytes: Buffer, start: number, value: number): number {
  let left = zigzag(value);
  let at = start;
  while (left > 0x7fn) {
    bytes[at++] = Number(left & 0x7fn) | 0x80;
    left >>= 7n;
  }
  bytes[at++] = Number(left);
  return at;
}

function varlongBytes(value: number): number {
  if (value >= 0 && value < 64) return 1;
  let left = zigzag(value);
  let bytes = 1;
  while (left > 0x7fn) {
    left >>= 7n;
    bytes += 1;
  }
  return bytes;
}

function zigzag(value: number): bigint {
  return value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
}
