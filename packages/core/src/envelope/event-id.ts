import { hash } from "node:crypto";
import type { Surroundings } from "../seams/runtime.ts";
import { uuidOf } from "./uuid.ts";

const MAX_TIME_MS = 2 ** 48 - 1;

/** A new UUIDv7 (RFC 9562): ids made later sort later, by the millisecond, which keeps the inbox's index compact. */
export function newEventId({ clock, random }: Surroundings): string {
  const bytes = Buffer.allocUnsafe(16);
  random.fill(bytes);
  return uuidv7(clock.now(), bytes);
}

/**
 * The id of an event that a handler publishes: the same each time the same handler handles the same event, so that
 * publishing again does nothing. Shaped as a UUIDv7 of the cause's time.
 *
 * @param ordinal Which of the handler's publishes for this cause it is: 0, 1, 2 …
 */
export function derivedEventId(causeId: string, causeTimeMs: number, handlerName: string, ordinal: number): string {
  const digest = hash("sha256", JSON.stringify([causeId, handlerName, ordinal]), "buffer");
  return uuidv7(causeTimeMs, digest.subarray(0, 16));
}

/**
 * What an event is known by: a UUID stands alone, in lower case; any other id is unique only within its source.
 * @example
 *   eventKey("orders", "0191B2C4-8A5E-7C3D-9F10-AABBCCDDEEFF"); // "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff"
 *   eventKey("/legacy", "4711"); // "/legacy\n4711"
 */
export function eventKey(source: string, id: string): string {
  return uuidOf(id) ?? `${source}\n${id}`;
}

/** Writes time, version and variant over 16 random bytes. */
function uuidv7(timeMs: number, bytes: Buffer): string {
  bytes.writeUIntBE(Math.min(MAX_TIME_MS, Math.max(0, Math.trunc(timeMs))), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
