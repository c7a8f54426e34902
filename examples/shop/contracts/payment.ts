import { defineEvent } from "throughline";
import { z } from "zod";
import { cents, time } from "./fields.ts";

/** Published by payments: the customer's card was charged. */
export const PaymentCaptured = defineEvent("payment.captured", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), customer: z.string(), amount: cents, captured_at: time }),
});

/** Published by payments: the customer has the money back. */
export const PaymentRefunded = defineEvent("payment.refunded", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    customer: z.string(),
    return_id: z.string(),
    amount: cents,
    refunded_at: time,
  }),
});
