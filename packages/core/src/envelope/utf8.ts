const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LOOSE = new TextDecoder("utf-8", { ignoreBOM: true });

/** Throws a TypeError for bytes that are no UTF-8. */
export function decodeStrictly(bytes: Uint8Array): string {
  return STRICT.decode(bytes);
}

/** Puts U+FFFD in the place of bytes that are no UTF-8. */
export function decodeLoosely(bytes: Uint8Array): string {
  return LOOSE.decode(bytes);
}

/** The place of the first byte that makes these bytes no UTF-8; -1 when there is none. */
export function indexOfBadByte(bytes: Uint8Array): number {
  const text = decodeLoosely(bytes);
  for (let at = text.indexOf("\uFFFD"); at !== -1; at = text.indexOf("\uFFFD", at + 1)) {
    const index = Buffer.byteLength(text.slice(0, at));
    // A replacement character that the producer wrote is fine.
    if (bytes[index] !== 0xef || bytes[index + 1] !== 0xbf || bytes[index + 2] !== 0xbd) return index;
  }
  return -1;
}

/** Whether the bytes from `start` to `end` are ASCII: then their text is their Latin-1, which is quicker to make. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > 0x7f) return false;
  return true;
}
