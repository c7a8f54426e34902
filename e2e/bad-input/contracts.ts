import { defineEvent } from "throughline";
import * as z from "zod";

export const OrderPlaced = defineEvent("order.placed", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    total: z.int(),
    placed_at: z.iso.datetime({ offset: true }),
    lines: z.array(z.object({ sku: z.string(), count: z.int().min(1) })).optional(),
    note: z.string().optional(),
  }),
});

/** Version 1 called the total an amount; version 2 had no currency, and nothing lifts it. */
export const OrderChanged = defineEvent("order.changed", {
  version: 3,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int(), currency: z.string() }),
  upcast: {
    1: ({ order_id, amount }: { order_id: string; amount?: number }) => {
      if (amount === undefined) throw new RangeError("version 1 always had an amount");
      return { order_id, total: amount, currency: "EUR" };
    },
  },
});

export const InvoiceCreated = defineEvent("invoice.created", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int(), note: z.string().optional() }),
});

/** What an older deploy of the reader knows of `order.changed`. */
export const OrderChangedBefore = defineEvent("order.changed", {
  version: 2,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});
