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

/** What a key finds: the flow, the event of an id, the events of a subject. */
export type KeyKind = 1 | 2 | 3;
export const byFlow: KeyKind = 1;
export const byId: KeyKind = 2;
export const bySubject: KeyKind = 3;

/**
 * A 48-bit number of a key; several keys may share one, so what it finds is compared with the key itself. Two multiplicative hashes
 * over UTF-16 units, mixed at the end as MurmurHash3 does.
 */
export function hashOfKey(kind: KeyKind, key: string): number {
  let a = 0x9e3779b1 ^ kind;
  let b = 0x85ebca77 ^ kind;
  for (let i = 0; i < key.length; i += 1) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a ^= a >>> 15;
  }
  return (mixed(b ^ key.length) & 0xffff) * 0x1_0000_0000 + mixed(a);
}

function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
