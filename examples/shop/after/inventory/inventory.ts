import { createService } from "throughline";
import { OrderCompleted, OrderCreated, OrderUpdated, ReturnRequested, StockReserved } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";
import { countPieces } from "./count-pieces.ts";

// A ledger: what happened to an order's goods, in the order in which it happened.
const tables = `
  CREATE TABLE IF NOT EXISTS movements (movement INTEGER PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL, pieces INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS movements_of_order ON movements (order_id)`;

export const inventory = createService({
  ...shopService({ name: "inventory", owner: "team-warehouse", tables }),
  publishes: [StockReserved],
});

// One handler for the three events: an order's events come to it in their order, 1, 2, 3.
inventory.on([OrderCreated, OrderUpdated, OrderCompleted], "move-stock", async (event, ctx) => {
  const { order_id, tenant_id } = event.data;
  ctx.log.info({ order_id, because: event.type }, "moving stock");
  const book = async (kind: string, pieces: number) =>
    ctx.tx.run("INSERT INTO movements (order_id, kind, pieces) VALUES (?, ?, ?)", order_id, kind, pieces);

  if (event.type === "order.completed") {
    const row = await ctx.tx.get("SELECT pieces FROM movements WHERE order_id = ? ORDER BY movement DESC LIMIT 1", order_id);
    const pieces = Number(row?.pieces);
    await book("taken", pieces);
    await ctx.publish(StockReserved, { order_id, tenant_id, pieces, reserved_at: new Date().toISOString() });
  } else {
    await book(event.type === "order.created" ? "reserved" : "adjusted", countPieces(event.data.lines));
  }
});

inventory.on(ReturnRequested, "restock", async ({ data }, ctx) => {
  await ctx.tx.run(
    "INSERT INTO movements (order_id, kind, pieces) SELECT order_id, 'restocked', pieces FROM movements WHERE order_id = ? AND kind = 'taken'",
    data.order_id,
  );
  ctx.log.info({ order_id: data.order_id }, "goods restocked");
});
