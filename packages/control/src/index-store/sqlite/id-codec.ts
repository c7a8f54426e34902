const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id as it is stored: a UUID in its usual spelling as 16 bytes, any other as its text. */
export function packId(id: string | null): Uint8Array | string | null {
  return id !== null && id.length === 36 && uuid.test(id) ? Buffer.from(id.replaceAll("-", ""), "hex") : id;
}

export function unpackId(stored: unknown): string | null {
  if (stored === null || typeof stored === "string") return stored;
  const hex = Buffer.from(stored as Uint8Array).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
