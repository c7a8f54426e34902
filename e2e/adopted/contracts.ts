import { adoptEvent, defineEvent } from "throughline";
import * as z from "zod";

export const stream = "orders-v1";

/** What a console producer writes: a line of JSON. */
export const LegacyOrder = adoptEvent("legacy.order-changed", {
  stream,
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), state: z.string() }),
  decode: ({ value }) => {
    if (value === null || value[0] === 0) return null;
    const { change, at, order_id, state } = JSON.parse(value.toString()) as Record<string, string>;
    return { id: change as string, time: at, data: { order_id, state } as { order_id: string; state: string } };
  },
});

/** What a mainframe writes: a zero byte, and an amount; the id is a header, and the order the key. */
export const LegacyPayment = adoptEvent("legacy.order-paid", {
  stream,
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), cents: z.int() }),
  decode: ({ key, value, headers }) => {
    if (value?.[0] !== 0) return null;
    const id = new Map(headers).get("payment-no");
    return { id: id?.toString() ?? "", data: { order_id: key?.toString() ?? "", cents: value.readInt32BE(1) } };
  },
});

export const OrderMirrored = defineEvent("mirror.order-mirrored", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), change: z.string() }),
});
