import type { Surroundings } from "throughline/seams";

/** A version 4 UUID. */
export function newIdFrom({ random }: Pick<Surroundings, "random">): string {
  const bytes = random.fill(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
