import { defineEvent } from "throughline";
import { z } from "zod";
import { time } from "./fields.ts";

/** Published by shipping: the parcel left. */
export const ShipmentCreated = defineEvent("shipment.created", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), pieces: z.int().positive(), created_at: time }),
});
