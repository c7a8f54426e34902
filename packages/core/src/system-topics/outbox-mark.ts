import type { Header, NewRecord } from "../seams/event-log.ts";
import { marksTopic } from "./topic-names.ts";

/**
 * How far a service's store had come when its relay sent this (R2): a store that knows less was put back. Goes to
 * `throughline.marks`, under the service's name, every few seconds while the relay sends.
 */
export interface OutboxMark {
  readonly service: string;
  readonly storeId: string;
  readonly sequenceEpoch: number;
  /** How many numbers the store had given. */
  readonly given: number;
  readonly atMs: number;
  /**
   * For each topic that numbered events went to, an offset by partition: what the service sent before it is counted in `given`.
   * Every topic stands here before the first event goes to it.
   */
  readonly ends: Readonly<Record<string, readonly number[]>>;
}

const headers: readonly Header[] = [["content-type", new TextEncoder().encode("application/json")]];

export function markRecord(mark: OutboxMark): NewRecord {
  return { topic: marksTopic, key: Buffer.from(mark.service), value: Buffer.from(JSON.stringify(mark)), headers };
}

export function readMark(value: Uint8Array | null): OutboxMark | null {
  return value === null ? null : (JSON.parse(Buffer.from(value).toString()) as OutboxMark);
}
