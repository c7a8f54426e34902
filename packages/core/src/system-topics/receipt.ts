import type { NewRecord } from "../seams/event-log.ts";
import type { ParkedReason } from "../seams/store.ts";
import { receiptsTopic } from "./topic-names.ts";

interface ReceiptOrigin {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly handler: string;
  readonly epoch: number;
  readonly topic: string;
  readonly partition: number;
  /** When it was handled; of a range: when the last of it was. Milliseconds since 1970. */
  readonly atMs: number;
}

/** What a handler did live with the offsets `from` to `to` (not included) of a partition. */
export interface RangeReceipt extends ReceiptOrigin {
  readonly kind: "range";
  readonly from: number;
  readonly to: number;
  /**
   * Base64 of one unsigned LEB128 number for each offset: 0 where there is nothing to say (a type it does not handle, or an
   * event reported singly), else the microseconds its handler took, plus 1.
   */
  readonly applied: string;
}

export type EventOutcome = "applied" | "duplicate" | "stale" | "parked" | "retried" | "dead" | "discarded" | "refused";

/** What a handler did with one event, where that is not "applied, live, at the first try". */
export interface EventReceipt extends ReceiptOrigin {
  readonly kind: "event";
  readonly outcome: EventOutcome;
  readonly offset: number;
  readonly event: {
    readonly id: string | null;
    readonly type: string | null;
    readonly subject: string | null;
    readonly sequence: number | null;
    readonly correlationId: string | null;
    readonly tenantId: string | null;
  };
  readonly durationMicros?: number;
  /** How many attempts were made, this one included. */
  readonly attempt?: number;
  /** When the next attempt is due. */
  readonly dueAtMs?: number;
  readonly reason?: ParkedReason;
  readonly failureId?: string;
  /** Personal fields are masked. */
  readonly error?: { readonly name: string; readonly code: string | null; readonly message: string };
  /** The request that a redrive or discard answers. */
  readonly requestId?: string;
}

export type Receipt = RangeReceipt | EventReceipt;

export function receiptRecord(receipt: Receipt): NewRecord {
  return {
    topic: receiptsTopic,
    key: Buffer.from(`${receipt.service}/${receipt.handler}`),
    value: Buffer.from(JSON.stringify(receipt)),
    headers: [["content-type", Buffer.from("application/json")]],
  };
}

export function readReceipt(value: Uint8Array | null): Receipt | null {
  return value === null ? null : (JSON.parse(Buffer.from(value).toString()) as Receipt);
}

/** Packs microseconds per offset (null: nothing to say) for `RangeReceipt.applied`. */
export function packDurations(durations: readonly (number | null)[]): string {
  const bytes: number[] = [];
  for (const micros of durations) {
    let rest = micros === null ? 0 : Math.max(0, Math.round(micros)) + 1;
    while (rest > 0x7f) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  }
  return Buffer.from(bytes).toString("base64");
}

/** The inverse of `packDurations`. */
export function unpackDurations(applied: string): (number | null)[] {
  const durations: (number | null)[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of Buffer.from(applied, "base64")) {
    value += (byte & 0x7f) * scale;
    if (byte & 0x80) {
      scale *= 0x80;
      continue;
    }
    durations.push(value === 0 ? null : value - 1);
    value = 0;
    scale = 1;
  }
  return durations;
}
