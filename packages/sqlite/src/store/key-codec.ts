/** A UUID takes 16 bytes instead of 36, and the key compares faster. */
const uuidLength = 36;
/** Where the two digits of each byte stand in a UUID. */
const digitsAt = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const dash = 45;
/** By character code: the digit's value, or -1. Lower case only, so that decoding gives back the same text. */
const digits = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value += 1) digits[value.toString(16).charCodeAt(0)] = value;

/** How many keys a `KeyEncoder` keeps apart: more than one statement takes. */
const keptApart = 64;

/**
 * Encodes keys for the parameters of a statement, which SQLite copies when it is run: the bytes are written over when as many
 * keys more were encoded as no statement takes. New ones for each key would cost each event.
 */
export class KeyEncoder {
  readonly #scratch = Array.from({ length: keptApart }, () => new Uint8Array(16));
  #next = 0;

  encode(key: string): Uint8Array | string {
    this.#next = (this.#next + 1) % keptApart;
    return encodeKey(key, this.#scratch[this.#next]);
  }
}

/**
 * A key as it is stored: bytes for a UUID in lower case, the text itself for any other.
 * @param bytes Where to write them.
 */
export function encodeKey(key: string, bytes: Uint8Array = new Uint8Array(16)): Uint8Array | string {
  if (
    key.length !== uuidLength ||
    key.charCodeAt(8) !== dash ||
    key.charCodeAt(13) !== dash ||
    key.charCodeAt(18) !== dash ||
    key.charCodeAt(23) !== dash
  )
    return key;
  for (let i = 0; i < 16; i += 1) {
    const at = digitsAt[i] as number;
    const high = digits[key.charCodeAt(at)] ?? -1;
    const low = digits[key.charCodeAt(at + 1)] ?? -1;
    if ((high | low) < 0) return key;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

export function decodeKey(stored: Uint8Array | string): string {
  if (typeof stored === "string") return stored;
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
