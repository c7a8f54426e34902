import { randomFillSync } from "node:crypto";
import { type OrderData, orderData, orderSequence } from "../order-events.ts";
import type { HandRecord, StoredRecord } from "./hand-log.ts";

/** Bytes that are no UTF-8 are refused, as ours refuse them. */
const decoder = new TextDecoder("utf-8", { fatal: true });
const pool = Buffer.alloc(16 * 1024);
let used = pool.length;

/** A UUIDv7. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, (used += 16));
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The headers of an event that is not numbered yet. */
export function headersOf(id: string, data: OrderData): Record<string, string> {
  return {
    ce_specversion: "1.0",
    ce_id: id,
    ce_source: "orders",
    ce_type: "order.completed",
    ce_subject: data.order_id,
    ce_time: new Date().toISOString(),
    ce_correlationid: id,
    ce_dataversion: "1",
    ce_tenantid: data.tenant_id,
    ce_traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "content-type": "application/json",
  };
}

export function numbered(headers: Record<string, string>, sequence: number): Record<string, string> {
  return { ...headers, ce_sequence: String(sequence).padStart(16, "0"), ce_sequencetype: "throughline" };
}

/** The same events as `orderRecords`. */
export function handRecords(count: number): HandRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const data = orderData(index);
    return {
      key: Buffer.from(data.order_id),
      value: Buffer.from(JSON.stringify(data)),
      headers: numbered(headersOf(newId(), data), orderSequence(index)),
    };
  });
}

export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number;
  readonly data: OrderData;
}

export function readByHand(record: StoredRecord): ReadEvent {
  const headers = JSON.parse(record.headers) as Record<string, string>;
  return {
    id: headers["ce_id"] as string,
    type: headers["ce_type"] as string,
    subject: headers["ce_subject"] as string,
    sequence: Number(headers["ce_sequence"]),
    data: orderIn(JSON.parse(decoder.decode(record.value))),
  };
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** What the contract says of the data, checked by hand: nobody should run a handler on anything else. */
export function orderIn(json: unknown): OrderData {
  const data = json as OrderData;
  const isValid =
    typeof json === "object" &&
    json !== null &&
    typeof data.order_id === "string" &&
    typeof data.tenant_id === "string" &&
    Number.isSafeInteger(data.total) &&
    typeof data.completed_at === "string" &&
    dateTime.test(data.completed_at) &&
    typeof data.note === "string";
  if (!isValid) throw new TypeError("the data is no order");
  return data;
}

/** A UUID as it is stored: 16 bytes. */
export function keyOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}
