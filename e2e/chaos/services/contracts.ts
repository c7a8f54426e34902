import { defineEvent, jsonSchema } from "throughline";

interface Order {
  readonly order_id: string;
  readonly total: number;
  /** Makes the payment fail: the first time, or until somebody edits the event. */
  readonly flaw: "none" | "once" | "until-edited";
}

const text = { type: "string" };
const order = <const Type extends string>(type: Type) =>
  defineEvent(type, {
    version: 1,
    subject: "order_id",
    data: jsonSchema<Order>({
      type: "object",
      properties: { order_id: text, total: { type: "integer" }, flaw: text },
      required: ["order_id", "total", "flaw"],
    }),
  });

export const OrderPlaced = order("order.placed");
/** Somebody must be called about it. */
export const OrderFlagged = order("order.flagged");
/** Published by the orders service when the payment was taken. */
export const OrderCompleted = order("order.completed");

export const PaymentTaken = defineEvent("payment.taken", {
  version: 1,
  subject: "order_id",
  data: jsonSchema<{ order_id: string; total: number }>({
    type: "object",
    properties: { order_id: text, total: { type: "integer" } },
    required: ["order_id", "total"],
  }),
});
