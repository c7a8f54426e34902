// Sends an email for each completed order, and has somebody called about each flagged one, by a provider that takes a moment.
import { setTimeout as wait } from "node:timers/promises";
import { createService, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderCompleted, OrderFlagged } from "./contracts.ts";

const notifications = createService(
  chaosService(
    "notifications",
    `CREATE TABLE IF NOT EXISTS emails (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL);
     CREATE TABLE IF NOT EXISTS calls (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL)`,
  ),
);

notifications.on(OrderCompleted, "send-email", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO emails (order_id) VALUES (?)", data.order_id);
});

notifications.on(
  OrderFlagged,
  "call-customer",
  {
    call: () => wait(2),
    async commit(_called, { data }, ctx) {
      await ctx.tx.run("INSERT INTO calls (order_id) VALUES (?)", data.order_id);
    },
  },
  { replay: "run" },
);

process.exitCode = await runUntilSignal(notifications);
