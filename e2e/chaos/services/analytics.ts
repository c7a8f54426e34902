// Counts completed orders, many with one statement.
import { createService, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderCompleted } from "./contracts.ts";

const analytics = createService(
  chaosService("analytics", "CREATE TABLE IF NOT EXISTS metrics (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL)"),
);

analytics.onBatch(OrderCompleted, "count-orders", async (events, ctx) => {
  const ids = events.map(({ data }) => data.order_id);
  await ctx.tx.run(`INSERT INTO metrics (order_id) VALUES ${ids.map(() => "(?)").join()}`, ...ids);
});

process.exitCode = await runUntilSignal(analytics);
