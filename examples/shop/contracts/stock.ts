import { defineEvent } from "throughline";
import { z } from "zod";
import { time } from "./fields.ts";

/** Published by inventory: what was ordered lies aside for this order. */
export const StockReserved = defineEvent("stock.reserved", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), pieces: z.int().positive(), reserved_at: time }),
});
