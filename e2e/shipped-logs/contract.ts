import { defineEvent } from "throughline";
import { z } from "zod";

export const OrderCounted = defineEvent("order.counted", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), n: z.int() }),
});
