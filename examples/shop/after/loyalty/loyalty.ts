import { createService } from "throughline";
import { PaymentCaptured, PaymentRefunded, PointsAwarded } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables =
  "CREATE TABLE IF NOT EXISTS points (entry INTEGER PRIMARY KEY, customer TEXT NOT NULL, order_id TEXT NOT NULL, points INTEGER NOT NULL)";

export const loyalty = createService({
  ...shopService({ name: "loyalty", owner: "team-customers", tables }),
  publishes: [PointsAwarded],
});

/** One point for each full euro. */
const pointsFor = (amount: number): number => Math.floor(amount / 100);

loyalty.on([PaymentCaptured, PaymentRefunded], "award-points", async (event, ctx) => {
  const { customer, tenant_id, order_id, amount } = event.data;
  const points = event.type === "payment.captured" ? pointsFor(amount) : -pointsFor(amount);
  await ctx.tx.run("INSERT INTO points (customer, order_id, points) VALUES (?, ?, ?)", customer, order_id, points);
  await ctx.publish(PointsAwarded, { customer, tenant_id, order_id, points, awarded_at: new Date().toISOString() });
  ctx.log.info({ order_id, customer, points }, "points awarded");
});
