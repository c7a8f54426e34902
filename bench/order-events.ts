import { defineEvent, encodeEvent, newEventId, systemSurroundings, withSequence } from "throughline";
import type { NewRecord } from "throughline/seams";
import * as z from "zod";

export const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    total: z.int(),
    completed_at: z.iso.datetime({ offset: true }),
    note: z.string(),
  }),
});

export interface OrderData {
  readonly order_id: string;
  readonly tenant_id: string;
  readonly total: number;
  readonly completed_at: string;
  readonly note: string;
}

/** So many orders take turns: an order's next event comes after one of every other. */
export const orderCount = 5_000;

/** What each event's data takes as JSON, in bytes. Its headers, 13 of them, come on top. */
const dataBytes = 460;

/** The data of the `index`th event. */
export function orderData(index: number, orders = orderCount): OrderData {
  const data = {
    order_id: `order-${index % orders}`,
    tenant_id: `tenant-${index % 20}`,
    total: index,
    completed_at: "2026-01-01T00:00:00.000Z",
    note: "",
  };
  return { ...data, note: "x".repeat(dataBytes - JSON.stringify(data).length) };
}

/** Which event of its order the `index`th is: 1, 2, 3 … */
export function orderSequence(index: number): number {
  return Math.floor(index / orderCount) + 1;
}

/** Events as their service's relay appends them, numbered. */
export function orderRecords(count: number): NewRecord[] {
  return Array.from({ length: count }, (_, index): NewRecord => {
    const data = orderData(index);
    const id = newEventId(systemSurroundings);
    const { key, value, headers } = encodeEvent({
      id,
      source: "orders",
      type: OrderCompleted.type,
      subject: data.order_id,
      timeMs: Date.now(),
      dataVersion: 1,
      data,
      correlationId: id,
      tenantId: data.tenant_id,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    return { topic: OrderCompleted.stream, key, value, headers: withSequence(headers, orderSequence(index), 0) };
  });
}

/** `all` in parts of `size`. */
export function inBatches<T>(all: readonly T[], size = 500): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size));
}
