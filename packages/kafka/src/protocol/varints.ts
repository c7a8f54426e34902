/** Reads the variable-length numbers of Kafka's records, one after the other. */
export class VarintReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Zigzag, 32 bits. */
  int(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    // Most are one byte long.
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, 64 bits, of which a safe integer is made. */
  long(): number {
    const { bytes } = this;
    let factor = 1;
    let value = 0;
    for (let i = 0; i < 10; i += 1) {
      const byte = bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
