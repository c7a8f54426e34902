// Keeps what happened to each order's goods, in order.
import { createService, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderCompleted, OrderPlaced } from "./contracts.ts";

const inventory = createService(
  chaosService(
    "inventory",
    "CREATE TABLE IF NOT EXISTS movements (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL)",
  ),
);

inventory.on([OrderPlaced, OrderCompleted], "move-goods", async ({ type, data }, ctx) => {
  const kind = type === "order.placed" ? "reserved" : "taken";
  await ctx.tx.run("INSERT INTO movements (order_id, kind) VALUES (?, ?)", data.order_id, kind);
});

process.exitCode = await runUntilSignal(inventory);
