import type { NewOrder } from "../front-door/order.ts";
import { sampleOrder } from "../driver/order-load.ts";

/** Twenty-four orders, a quarter of them with a gift card, which inventory's bug stumbles over. */
export const buggyReleaseOrders: readonly NewOrder[] = Array.from({ length: 24 }, (_, n) => {
  const order = sampleOrder(`gift-${n}`, n);
  return n % 4 === 0 ? { ...order, lines: [...order.lines, { sku: "gift-card", quantity: 1, unit_price: 0 }] } : order;
});

export const hasGiftCard = (order: NewOrder): boolean => order.lines.some(({ sku }) => sku === "gift-card");
