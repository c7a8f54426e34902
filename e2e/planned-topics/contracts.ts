import { defineEvent } from "throughline";

export const OrderPlaced = defineEvent<"order.placed", { order_id: string }>("order.placed", {
  version: 1,
  subject: "order_id",
  data: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
  topic: { partitions: 4, retentionMs: 30 * 86_400_000 },
});
