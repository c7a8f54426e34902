import { createService } from "throughline";
import {
  FraudScored,
  InvoiceCreated,
  OrderCompleted,
  OrderCreated,
  OrderUpdated,
  PaymentCaptured,
  ReceiptSent,
  ShipmentCreated,
} from "../../contracts/index.ts";
import { shopService } from "../wiring.ts";

// The total is any number here: that money is whole cents is the contract's business.
const tables = `
  CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, customer TEXT NOT NULL, lines TEXT NOT NULL, total DOUBLE PRECISION NOT NULL, status TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS progress (step INTEGER PRIMARY KEY, order_id TEXT NOT NULL, because TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS progress_of_order ON progress (order_id)`;

const options = shopService({ name: "orders", owner: "team-checkout", tables });
export const store = options.store;
export const orders = createService({ ...options, publishes: [OrderCreated, OrderUpdated, OrderCompleted] });

// Orders knows none of the services behind these events; it only notes what became of an order.
orders.on(
  [FraudScored, PaymentCaptured, InvoiceCreated, ReceiptSent, ShipmentCreated],
  "note-progress",
  async ({ type, data }, ctx) => {
    await ctx.tx.run("INSERT INTO progress (order_id, because) VALUES (?, ?)", data.order_id, type);
    ctx.log.info({ order_id: data.order_id, because: type }, "progress noted");
  },
);
