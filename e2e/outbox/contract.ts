import { defineEvent } from "throughline";

export interface Placed {
  readonly order_id: string;
  readonly n: number;
}

export const OrderPlaced = defineEvent<"order.placed", Placed>("order.placed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: { type: "string" }, n: { type: "integer" } },
    required: ["order_id", "n"],
  },
});

/** What the service has committed: one row for each event, in the transaction that published it. */
export const placedTable =
  "CREATE TABLE IF NOT EXISTS placed (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, order_id TEXT NOT NULL, n INTEGER NOT NULL)";
