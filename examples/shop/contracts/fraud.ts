import { defineEvent } from "throughline";
import { z } from "zod";
import { time } from "./fields.ts";

/** Published by fraud: how risky an order looks, from 0 to 100. */
export const FraudScored = defineEvent("fraud.scored", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: z.object({ order_id: z.string(), tenant_id: z.string(), risk: z.int().min(0).max(100), scored_at: time }),
});
