import { OrderCompleted, OrderCreated, OrderUpdated } from "../../contracts/index.ts";
import type { Order, OrderDesk } from "../../front-door/order.ts";
import type { ShopTx } from "../shop-store.ts";
import { orders, store } from "./orders.ts";

type OrderRow = Omit<Order, "lines"> & { lines: string };

const now = (): string => new Date().toISOString();
const columns = "order_id, tenant_id, customer, lines, total, status";

/** Takes orders in one transaction each: the row and its event are both there, or neither is. It calls no other service. */
export const orderDesk: OrderDesk = {
  place: (order) =>
    store.transaction(async (tx) => {
      const { order_id, tenant_id, customer, lines, total } = order;
      const fresh = await tx.get<OrderRow>(
        `INSERT INTO orders (${columns}) VALUES (?, ?, ?, ?, ?, 'open') ON CONFLICT (order_id) DO NOTHING RETURNING ${columns}`,
        order_id,
        tenant_id,
        customer,
        JSON.stringify(lines),
        total,
      );
      if (!fresh) return knownOrder(tx, order_id);
      await orders.publish(OrderCreated, { ...order, created_at: now() }, { tx });
      return orderOf(fresh);
    }),

  change: (orderId, { lines, total }) =>
    store.transaction(async (tx) => {
      const changed = await tx.get<OrderRow>(
        `UPDATE orders SET lines = ?, total = ? WHERE order_id = ? AND status = 'open' RETURNING ${columns}`,
        JSON.stringify(lines),
        total,
        orderId,
      );
      if (!changed) return findOrder(tx, orderId);
      const { order_id, tenant_id, customer } = changed;
      await orders.publish(OrderUpdated, { order_id, tenant_id, customer, lines, total, updated_at: now() }, { tx });
      return orderOf(changed);
    }),

  complete: (orderId) =>
    store.transaction(async (tx) => {
      const completed = await tx.get<OrderRow>(
        `UPDATE orders SET status = 'completed' WHERE order_id = ? AND status = 'open' RETURNING ${columns}`,
        orderId,
      );
      if (!completed) return findOrder(tx, orderId);
      const { order_id, tenant_id, customer, total } = completed;
      await orders.publish(OrderCompleted, { order_id, tenant_id, customer, total, completed_at: now() }, { tx });
      return orderOf(completed);
    }),

  find: (orderId) => store.transaction((tx) => findOrder(tx, orderId)),
};

async function knownOrder(tx: ShopTx, orderId: string): Promise<Order> {
  const order = await findOrder(tx, orderId);
  if (order === null) throw new Error(`order "${orderId}" is neither new nor known`);
  return order;
}

async function findOrder(tx: ShopTx, orderId: string): Promise<Order | null> {
  const row = await tx.get<OrderRow>(`SELECT ${columns} FROM orders WHERE order_id = ?`, orderId);
  return row ? orderOf(row) : null;
}

function orderOf(row: OrderRow): Order {
  return { ...row, lines: JSON.parse(row.lines) as Order["lines"] };
}
