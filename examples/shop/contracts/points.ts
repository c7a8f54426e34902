import { defineEvent } from "throughline";
import { z } from "zod";
import { time } from "./fields.ts";

/** Published by loyalty. The points of one customer keep their order; points taken back are negative. */
export const PointsAwarded = defineEvent("points.awarded", {
  version: 1,
  subject: "customer",
  tenant: "tenant_id",
  data: z.object({ customer: z.string(), tenant_id: z.string(), order_id: z.string(), points: z.int(), awarded_at: time }),
});
