import { createService } from "throughline";
import { shopService } from "../../after/wiring.ts";
import { OrderCompleted } from "../../contracts/index.ts";

const tables =
  "CREATE TABLE IF NOT EXISTS customers (customer TEXT PRIMARY KEY, orders INTEGER NOT NULL, revenue INTEGER NOT NULL)";

/** The thirteenth service, which nobody thought of when the shop was built. It begins with the first order there ever was. */
export const customerValue = createService(shopService({ name: "customer-value", owner: "team-data", tables }));

customerValue.on(OrderCompleted, "value-customer", async ({ data }, ctx) => {
  await ctx.tx.run(
    `INSERT INTO customers (customer, orders, revenue) VALUES (?, 1, ?)
     ON CONFLICT (customer) DO UPDATE SET orders = customers.orders + 1, revenue = customers.revenue + excluded.revenue`,
    data.customer,
    data.total,
  );
});
