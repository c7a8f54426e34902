// Takes the payment of each order. Some fail at the first attempt, and some until somebody edits the event.
import { createService, PermanentError, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderPlaced, PaymentTaken } from "./contracts.ts";

const payments = createService({
  ...chaosService("payments", "CREATE TABLE IF NOT EXISTS payments (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL)"),
  publishes: [PaymentTaken],
});

payments.on(OrderPlaced, "take-payment", async ({ data: { order_id, total, flaw } }, ctx) => {
  await Promise.all([
    ctx.tx.run("INSERT INTO payments (order_id) VALUES (?)", order_id),
    ctx.publish(PaymentTaken, { order_id, total }),
  ]);
  if (flaw === "once" && ctx.attempt === 1) throw new Error("the first attempt fails");
  if (flaw === "until-edited") throw new PermanentError("it fails until it is edited");
});

process.exitCode = await runUntilSignal(payments);
