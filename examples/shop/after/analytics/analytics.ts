import { createService, defineReader } from "throughline";
import { z } from "zod";
import { cents } from "../../contracts/fields.ts";
import { OrderCompleted, PointsAwarded } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS sales (sale INTEGER PRIMARY KEY, order_id TEXT NOT NULL, tenant_id TEXT NOT NULL, total INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS tenant_figures (tenant_id TEXT PRIMARY KEY, orders INTEGER NOT NULL DEFAULT 0, revenue INTEGER NOT NULL DEFAULT 0, points INTEGER NOT NULL DEFAULT 0)`;

export const analytics = createService(shopService({ name: "analytics", owner: "team-data", tables }));

const Sale = defineReader(OrderCompleted, { data: z.object({ order_id: z.string(), tenant_id: z.string(), total: cents }) });

analytics.on(Sale, "count-sale", async ({ data }, ctx) => {
  const { order_id, tenant_id, total } = data;
  await ctx.tx.run("INSERT INTO sales (order_id, tenant_id, total) VALUES (?, ?, ?)", order_id, tenant_id, total);
  await ctx.tx.run(
    `INSERT INTO tenant_figures (tenant_id, orders, revenue) VALUES (?, 1, ?)
     ON CONFLICT (tenant_id) DO UPDATE SET orders = tenant_figures.orders + 1, revenue = tenant_figures.revenue + excluded.revenue`,
    tenant_id,
    total,
  );
  ctx.log.info({ order_id, total }, "sale counted");
});

analytics.on(PointsAwarded, "count-points", async ({ data }, ctx) => {
  await ctx.tx.run(
    "INSERT INTO tenant_figures (tenant_id, points) VALUES (?, ?) ON CONFLICT (tenant_id) DO UPDATE SET points = tenant_figures.points + excluded.points",
    data.tenant_id,
    data.points,
  );
});
