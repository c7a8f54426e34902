import { createService, defineReader } from "throughline";
import { z } from "zod";
import { OrderCompleted, ReceiptSent } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";
import { sendMail } from "./send-mail.ts";

const tables = "CREATE TABLE IF NOT EXISTS mails (mail INTEGER PRIMARY KEY, order_id TEXT NOT NULL, mail_id TEXT NOT NULL)";

export const notifications = createService({
  ...shopService({ name: "notifications", owner: "team-customers", tables }),
  publishes: [ReceiptSent],
});

/** Whom to write to, and about what: the sum is none of its business. */
const Receipt = defineReader(OrderCompleted, {
  data: z.object({ order_id: z.string(), tenant_id: z.string(), customer: z.string() }),
});

notifications.on(
  Receipt,
  "send-receipt",
  {
    // No transaction is open while the provider works. A crash in between calls it again, with the same key: it sends one mail.
    call: ({ data }, { idempotencyKey, signal }) =>
      sendMail({ to: data.customer, about: "Your receipt", order_id: data.order_id }, { idempotencyKey, signal }),
    async commit({ mail_id }, { data }, ctx) {
      await ctx.tx.run("INSERT INTO mails (order_id, mail_id) VALUES (?, ?)", data.order_id, mail_id);
      await ctx.publish(ReceiptSent, {
        order_id: data.order_id,
        tenant_id: data.tenant_id,
        mail_id,
        sent_at: new Date().toISOString(),
      });
      ctx.log.info({ order_id: data.order_id, mail_id }, "receipt sent");
    },
  },
  // Orders that were completed before this service first ran get their receipt, too.
  { replay: "run" },
);
