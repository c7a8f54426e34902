import { deepestData, NestedTooDeeply } from "../problem-list.ts";

/** Reads Avro's primitives. Throws where the bytes end before the value does. */
export class ByteReader {
  readonly #bytes: Buffer;
  at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** Before what is in a record, a list or a map is read. */
  enter(): void {
    if (this.#depth > deepestData) throw new NestedTooDeeply();
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) throw new Error("ends too early");
    this.at++;
    return value;
  }

  /** A number where it is safe, else a bigint. */
  long(): number | bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    let big = BigInt(low);
    for (let shift = 28n; ; shift += 7n) {
      const byte = this.byte();
      if (shift > 63n || (shift === 63n && byte > 1)) throw new Error("is a number of more than 64 bits");
      big |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const value = (big >> 1n) ^ -(big & 1n);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** A length, a count or an index. */
  whole(what: string): number {
    const value = this.long();
    if (typeof value === "bigint") throw new Error(`has no number for ${what}`);
    return value;
  }

  raw(length: number): Buffer {
    if (length < 0 || length > this.left) throw new Error("ends too early");
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  bytes(): Buffer {
    return this.raw(this.whole("a length"));
  }

  text(): string {
    const bytes = this.bytes();
    // A decoder costs more than a short text.
    return bytes.length <= shortText && isAscii(bytes) ? bytes.toString("latin1") : strictly.decode(bytes);
  }

  float(): number {
    return this.raw(4).readFloatLE();
  }

  double(): number {
    return this.raw(8).readDoubleLE();
  }
}

const shortText = 64;

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}

const strictly = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
