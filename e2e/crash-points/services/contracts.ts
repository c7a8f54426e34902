import { defineEvent, jsonSchema } from "throughline";

interface Step {
  readonly order_id: string;
  readonly step: number;
  /** Makes a handler fail: the first time, or until somebody edits the event. */
  readonly flaw: "none" | "once" | "until-edited";
}

const text = { type: "string" };
const step = <const Type extends string>(type: Type) =>
  defineEvent(type, {
    version: 1,
    subject: "order_id",
    data: jsonSchema<Step>({
      type: "object",
      properties: { order_id: text, step: { type: "integer" }, flaw: text },
      required: ["order_id", "step", "flaw"],
    }),
  });

/** The three steps of an order. */
export const OrderPlaced = step("order.placed");
export const OrderChanged = step("order.changed");
export const OrderClosed = step("order.closed");

export const InvoiceMade = defineEvent("invoice.made", {
  version: 1,
  subject: "order_id",
  data: jsonSchema<{ order_id: string }>({ type: "object", properties: { order_id: text }, required: ["order_id"] }),
});

/** Published by the driver itself, which leaves numbers out. */
export const ProbeRead = defineEvent("probe.read", {
  version: 1,
  subject: "probe_id",
  data: jsonSchema<{ probe_id: string; reading: number }>({
    type: "object",
    properties: { probe_id: text, reading: { type: "integer" } },
    required: ["probe_id", "reading"],
  }),
});
