import { defineEvent } from "throughline";
import { z } from "zod";
import { cents, time } from "./fields.ts";

/** Published by returns: a customer sends an order back. */
export const ReturnRequested = defineEvent("return.requested", {
  version: 1,
  subject: "return_id",
  tenant: "tenant_id",
  data: z.object({
    return_id: z.string(),
    order_id: z.string(),
    tenant_id: z.string(),
    customer: z.string(),
    total: cents,
    reason: z.string(),
    requested_at: time,
  }),
});
