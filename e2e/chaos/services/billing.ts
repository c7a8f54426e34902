// Makes an invoice of each completed order.
import { createService, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderCompleted } from "./contracts.ts";

const billing = createService(
  chaosService("billing", "CREATE TABLE IF NOT EXISTS invoices (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL)"),
);

billing.on(OrderCompleted, "make-invoice", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO invoices (order_id) VALUES (?)", data.order_id);
});

process.exitCode = await runUntilSignal(billing);
