import { createService } from "throughline";
import { OrderCompleted, OrderCreated, OrderUpdated } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables = "CREATE TABLE IF NOT EXISTS documents (order_id TEXT PRIMARY KEY, status TEXT NOT NULL, body TEXT NOT NULL)";

export const search = createService(shopService({ name: "search", owner: "team-data", tables }));

search.on([OrderCreated, OrderUpdated, OrderCompleted], "index-order", async (event, ctx) => {
  const { order_id } = event.data;
  if (event.type === "order.completed") {
    await ctx.tx.run("UPDATE documents SET status = 'completed' WHERE order_id = ?", order_id);
  } else {
    const { customer, lines, total } = event.data;
    await ctx.tx.run(
      "INSERT INTO documents (order_id, status, body) VALUES (?, 'open', ?) ON CONFLICT (order_id) DO UPDATE SET body = excluded.body",
      order_id,
      JSON.stringify({ customer, lines, total }),
    );
  }
  ctx.log.info({ order_id, because: event.type }, "order indexed");
});
