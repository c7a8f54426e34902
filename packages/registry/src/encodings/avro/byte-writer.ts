/** Bytes that grow. What was written can be taken back. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(256);
  length = 0;

  bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.length));
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Zigzag, in groups of seven bits. @param value A safe integer, or a bigint of 64 bits. */
  long(value: number | bigint): void {
    if (typeof value === "number" && value >= -0x4000_0000 && value < 0x4000_0000)
      return this.#small((value << 1) ^ (value >> 31));
    const big = BigInt(value);
    let rest = BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
    while (rest > 0x7fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  #small(zigzag: number): void {
    let rest = zigzag >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.long(length);
    this.#reserve(length);
    this.#bytes.write(text, this.length, "utf8");
    this.length += length;
  }

  float(value: number): void {
    this.#reserve(4);
    this.length = this.#bytes.writeFloatLE(value, this.length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + more));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
