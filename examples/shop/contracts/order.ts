import { defineEvent } from "throughline";
import { z } from "zod";
import { cents, time } from "./fields.ts";

const line = z.object({ sku: z.string(), quantity: z.int().positive(), unit_price: cents });

/** Published by orders; carries the whole order. */
export const OrderCreated = defineEvent("order.created", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    customer: z.string(),
    lines: z.array(line),
    total: cents,
    created_at: time,
  }),
});

/** Published by orders while an order is open; carries the whole order as it is now. */
export const OrderUpdated = defineEvent("order.updated", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    customer: z.string(),
    lines: z.array(line),
    total: cents,
    updated_at: time,
  }),
});

/** Published by orders when the customer has checked out. Nothing changes in the order after that. */
export const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), customer: z.string(), total: cents, completed_at: time }),
});
