import { z } from "zod";

/** What a customer sends to `POST /orders`. Money is in cents. */
export const NewOrder = z.object({
  order_id: z.string().min(1),
  tenant_id: z.string().min(1),
  customer: z.string().min(1),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number(), unit_price: z.number() })).min(1),
  // Only "a number" here: that money is whole cents is the contract's business, and the demo shows the contract refuse it.
  total: z.number(),
});
export type NewOrder = z.infer<typeof NewOrder>;
export type OrderLine = NewOrder["lines"][number];

/** What a customer may change while the order is open. */
export const OrderChange = NewOrder.pick({ lines: true, total: true });
export type OrderChange = z.infer<typeof OrderChange>;

export interface Order extends NewOrder {
  status: "open" | "completed";
}

/** Takes orders. The shop over HTTP and the shop on events each have one; the routes before it are the same. */
export interface OrderDesk {
  /** Placing an order again under the same id does nothing and answers with the order as it is. */
  place(order: NewOrder): Promise<Order>;
  /** Null when there is no such order. A completed order stays as it is. */
  change(orderId: string, change: OrderChange): Promise<Order | null>;
  /** Null when there is no such order. Completing an order again does nothing. */
  complete(orderId: string): Promise<Order | null>;
  find(orderId: string): Promise<Order | null>;
}
