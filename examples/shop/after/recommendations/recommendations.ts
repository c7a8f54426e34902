import { createService } from "throughline";
import { OrderCreated } from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

const tables =
  "CREATE TABLE IF NOT EXISTS interests (customer TEXT NOT NULL, sku TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (customer, sku))";

export const recommendations = createService(shopService({ name: "recommendations", owner: "team-data", tables }));

recommendations.on(OrderCreated, "note-interests", async ({ data }, ctx) => {
  for (const { sku } of data.lines) {
    await ctx.tx.run(
      "INSERT INTO interests (customer, sku, times) VALUES (?, ?, 1) ON CONFLICT (customer, sku) DO UPDATE SET times = interests.times + 1",
      data.customer,
      sku,
    );
  }
  ctx.log.info({ customer: data.customer }, "interests noted");
});
