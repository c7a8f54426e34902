import { createService } from "throughline";
import { OrderCompleted, PaymentRefunded, ReturnRequested } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS returnable_orders (order_id TEXT PRIMARY KEY, customer TEXT NOT NULL, total INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS returns (return_id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL)`;

const options = shopService({ name: "returns", owner: "team-warehouse", tables });
export const store = options.store;
export const returns = createService({ ...options, publishes: [ReturnRequested] });

// Returns keeps what it has to know of an order, instead of asking the orders service for it.
returns.on(OrderCompleted, "remember-order", async ({ data }, ctx) => {
  await ctx.tx.run(
    "INSERT INTO returnable_orders (order_id, customer, total) VALUES (?, ?, ?)",
    data.order_id,
    data.customer,
    data.total,
  );
  ctx.log.info({ order_id: data.order_id }, "order may be returned");
});

returns.on(PaymentRefunded, "close-return", async ({ data }, ctx) => {
  await ctx.tx.run("UPDATE returns SET status = 'refunded' WHERE return_id = ?", data.return_id);
  ctx.log.info({ order_id: data.order_id, return_id: data.return_id }, "return closed");
});
