import { createService } from "throughline";
import { FraudScored, OrderCreated } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables = "CREATE TABLE IF NOT EXISTS scores (score INTEGER PRIMARY KEY, order_id TEXT NOT NULL, risk INTEGER NOT NULL)";

export const fraud = createService({ ...shopService({ name: "fraud", owner: "team-money", tables }), publishes: [FraudScored] });

fraud.on(OrderCreated, "score-order", async ({ data }, ctx) => {
  const { order_id, tenant_id, total } = data;
  const risk = Math.min(100, Math.floor(total / 5_000));
  await ctx.tx.run("INSERT INTO scores (order_id, risk) VALUES (?, ?)", order_id, risk);
  await ctx.publish(FraudScored, { order_id, tenant_id, risk, scored_at: new Date().toISOString() });
  ctx.log.info({ order_id, risk }, "order scored");
});
