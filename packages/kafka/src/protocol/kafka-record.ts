import { type Header, type LogRecord, unpackHeaders } from "throughline/seams";
import { VarintReader } from "./varints.ts";

/** Where the records of one fetch stand. */
export interface RecordPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** A record as it stands in a batch: nothing is made of it until it is asked for, and all of it are views into the batch's bytes. */
export class KafkaRecord implements LogRecord {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly #bytes: Buffer;
  readonly #headersAt: number;
  #packed: Uint8Array | null | undefined;
  #headers: readonly Header[] | undefined;

  constructor(
    place: RecordPlace,
    offset: number,
    timestampMs: number,
    bytes: Buffer,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headersAt: number,
  ) {
    this.topic = place.topic;
    this.topicId = place.topicId;
    this.partition = place.partition;
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.key = key;
    this.value = value;
    this.#bytes = bytes;
    this.#headersAt = headersAt;
  }

  /** No property of its own, as the headers are none: a copy made by a spread has neither, rather than packed ones that lie. */
  get packedHeaders(): Uint8Array | null {
    if (this.#packed === undefined) this.#packed = repack(this.#bytes, this.#headersAt);
    return this.#packed;
  }

  /** Made when they are asked for: events are read from the packed ones. */
  get headers(): readonly Header[] {
    this.#headers ??= unpackHeaders(this.packedHeaders);
    return this.#headers;
  }
}

/**
 * Kafka's headers in the form of `packHeaders`: the same names and values, with lengths that are written otherwise. Null for none.
 */
function repack(bytes: Buffer, at: number): Uint8Array | null {
  const reader = new VarintReader(bytes, at);
  const count = reader.int();
  if (count === 0) return null;
  const lengths = new Int32Array(2 * count);
  let size = 0;
  const starts = new Int32Array(2 * count);
  for (let i = 0; i < 2 * count; i += 1) {
    const length = reader.int();
    lengths[i] = length;
    starts[i] = reader.at;
    const isValue = i % 2 === 1;
    size += numberBytes(isValue ? length + 1 : length) + Math.max(0, length);
    reader.at += Math.max(0, length);
  }
  const packed = Buffer.allocUnsafe(size);
  let to = 0;
  for (let i = 0; i < 2 * count; i += 1) {
    const length = lengths[i] as number;
    const start = starts[i] as number;
    to = writeNumber(packed, to, i % 2 === 1 ? length + 1 : length);
    // A loop is faster than `copy` for what most names and values are.
    if (length > 64) to += bytes.copy(packed, to, start, start + length);
    else for (let k = 0; k < length; k += 1) packed[to++] = bytes[start + k] as number;
  }
  return packed;
}

function numberBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** LEB128. */
function writeNumber(bytes: Buffer, start: number, value: number): number {
  let left = value;
  let at = start;
  while (left > 0x7f) {
    bytes[at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  bytes[at++] = left;
  return at;
}
