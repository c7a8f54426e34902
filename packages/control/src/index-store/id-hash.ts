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
