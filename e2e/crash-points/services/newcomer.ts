// Comes late, and reads all orders from the beginning. CRASH_SERVICE names it.
import { createService, runUntilSignal } from "throughline";
import { OrderChanged, OrderClosed, OrderPlaced } from "./contracts.ts";
import { crashService } from "./crash-service.ts";

const newcomer = createService(
  crashService(
    process.env.CRASH_SERVICE ?? "newcomer",
    "CREATE TABLE IF NOT EXISTS seen (entry INTEGER PRIMARY KEY, order_id TEXT NOT NULL, step INTEGER NOT NULL)",
  ),
);

newcomer.on([OrderPlaced, OrderChanged, OrderClosed], "see", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO seen (order_id, step) VALUES (?, ?)", data.order_id, data.step);
});

process.exitCode = await runUntilSignal(newcomer);
