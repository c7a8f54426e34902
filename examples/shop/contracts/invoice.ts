import { defineEvent } from "throughline";
import { z } from "zod";
import { cents, time } from "./fields.ts";

/** Published by billing. */
export const InvoiceCreated = defineEvent("invoice.created", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ invoice_id: z.string(), order_id: z.string(), tenant_id: z.string(), total: cents, created_at: time }),
});
