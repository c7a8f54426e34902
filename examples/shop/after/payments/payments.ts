import { createService } from "throughline";
import { OrderCompleted, PaymentCaptured, PaymentRefunded, ReturnRequested } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

// No UNIQUE on order_id: nothing but the inbox keeps an order that is delivered twice from being charged twice.
const tables =
  "CREATE TABLE IF NOT EXISTS payments (payment INTEGER PRIMARY KEY, order_id TEXT NOT NULL, amount INTEGER NOT NULL)";

export const payments = createService({
  ...shopService({ name: "payments", owner: "team-money", tables }),
  publishes: [PaymentCaptured, PaymentRefunded],
});

payments.on(OrderCompleted, "capture-payment", async ({ data }, ctx) => {
  const { order_id, tenant_id, customer, total } = data;
  await ctx.tx.run("INSERT INTO payments (order_id, amount) VALUES (?, ?)", order_id, total);
  await ctx.publish(PaymentCaptured, { order_id, tenant_id, customer, amount: total, captured_at: new Date().toISOString() });
  ctx.log.info({ order_id, amount: total }, "payment captured");
});

payments.on(ReturnRequested, "refund-payment", async ({ data }, ctx) => {
  const { return_id, order_id, tenant_id, customer, total } = data;
  await ctx.tx.run("INSERT INTO payments (order_id, amount) VALUES (?, ?)", order_id, -total);
  await ctx.publish(PaymentRefunded, {
    order_id,
    tenant_id,
    customer,
    return_id,
    amount: total,
    refunded_at: new Date().toISOString(),
  });
  ctx.log.info({ order_id, amount: total }, "payment refunded");
});
