const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidBytes = 16;

/**
 * A key as it is stored in `bytea`, in PostgreSQL's notation for it: 16 bytes for a UUID in lower case; a byte 0 and the text for
 * any other, or 1 and 0 and the text where that would be 16 bytes.
 */
export function encodeKey(key: string): string {
  if (key.length === 36 && uuid.test(key)) {
    return `\\x${key.slice(0, 8)}${key.slice(9, 13)}${key.slice(14, 18)}${key.slice(19, 23)}${key.slice(24)}`;
  }
  const text = Buffer.from(key, "utf8");
  return `\\x${text.length + 1 === uuidBytes ? "0100" : "00"}${text.toString("hex")}`;
}

export function decodeKey(stored: Uint8Array): string {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.length !== uuidBytes) return bytes.toString("utf8", bytes[0] === 0 ? 1 : 2);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
