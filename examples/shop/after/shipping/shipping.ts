import { createService } from "throughline";
import type { HandlerContext } from "throughline";
import { PaymentCaptured, ShipmentCreated, StockReserved } from "../../contracts/index.ts";
import type { ShopTx } from "../shop-store.ts";
import { shopService } from "../wiring.ts";

const tables =
  "CREATE TABLE IF NOT EXISTS parcels (order_id TEXT PRIMARY KEY, pieces INTEGER, paid INTEGER NOT NULL DEFAULT 0, shipped INTEGER NOT NULL DEFAULT 0)";

export const shipping = createService({
  ...shopService({ name: "shipping", owner: "team-warehouse", tables }),
  publishes: [ShipmentCreated],
});

// A parcel leaves when it is both packed and paid. The two come from different services, in either order.
shipping.on(StockReserved, "pack-parcel", async ({ data }, ctx) => {
  await ctx.tx.run(
    "INSERT INTO parcels (order_id, pieces) VALUES (?, ?) ON CONFLICT (order_id) DO UPDATE SET pieces = excluded.pieces",
    data.order_id,
    data.pieces,
  );
  await shipWhenReady(data.order_id, data.tenant_id, ctx);
});

shipping.on(PaymentCaptured, "release-parcel", async ({ data }, ctx) => {
  await ctx.tx.run(
    "INSERT INTO parcels (order_id, paid) VALUES (?, 1) ON CONFLICT (order_id) DO UPDATE SET paid = 1",
    data.order_id,
  );
  await shipWhenReady(data.order_id, data.tenant_id, ctx);
});

async function shipWhenReady(order_id: string, tenant_id: string, ctx: HandlerContext<ShopTx>): Promise<void> {
  const parcel = await ctx.tx.get(
    "UPDATE parcels SET shipped = 1 WHERE order_id = ? AND pieces IS NOT NULL AND paid = 1 AND shipped = 0 RETURNING pieces",
    order_id,
  );
  if (parcel === undefined) return;
  await ctx.publish(ShipmentCreated, {
    order_id,
    tenant_id,
    pieces: Number(parcel.pieces),
    created_at: new Date().toISOString(),
  });
  ctx.log.info({ order_id }, "parcel left");
}
