import { createService, defineReader } from "throughline";
import { z } from "zod";
import { cents } from "../../contracts/fields.ts";
import { InvoiceCreated, OrderCompleted, PaymentRefunded } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS invoices (invoice INTEGER PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS credit_notes (credit_note INTEGER PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL)`;

export const billing = createService({
  ...shopService({ name: "billing", owner: "team-money", tables }),
  publishes: [InvoiceCreated],
});

/** What an invoice is made of. Nothing else in the events can break billing. */
const SoldOrder = defineReader(OrderCompleted, { data: z.object({ order_id: z.string(), tenant_id: z.string(), total: cents }) });

billing.on(SoldOrder, "create-invoice", async ({ data }, ctx) => {
  const { order_id, tenant_id, total } = data;
  await ctx.tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)", order_id, total);
  await ctx.publish(InvoiceCreated, {
    invoice_id: `invoice-${order_id}`,
    order_id,
    tenant_id,
    total,
    created_at: new Date().toISOString(),
  });
  ctx.log.info({ order_id }, "invoice created");
});

billing.on(PaymentRefunded, "credit-invoice", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO credit_notes (order_id, total) VALUES (?, ?)", data.order_id, data.amount);
  ctx.log.info({ order_id: data.order_id }, "invoice credited");
});
