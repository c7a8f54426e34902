import { defineEvent } from "throughline";
import { z } from "zod";
import { time } from "./fields.ts";

/** Published by notifications: the mail provider took the receipt. */
export const ReceiptSent = defineEvent("receipt.sent", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), mail_id: z.string(), sent_at: time }),
});
