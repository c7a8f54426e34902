import type { SqliteTx } from "@throughline/sqlite";
import { OrderCompleted, OrderCreated, OrderUpdated } from "../../contracts/index.ts";
import type { Order, OrderDesk } from "../../front-door/order.ts";
import { orders, store } from "./orders.ts";

const now = (): string => new Date().toISOString();

/** Takes orders in one transaction each: the row and its event are both there, or neither is. It calls no other service. */
export const orderDesk: OrderDesk = {
  place: (order) =>
    store.transaction(async (tx) => {
      const known = findOrder(tx, order.order_id);
      if (known) return known;
      const { order_id, tenant_id, customer, lines, total } = order;
      tx.run(
        "INSERT INTO orders (order_id, tenant_id, customer, lines, total, status) VALUES (?, ?, ?, ?, ?, 'open')",
        order_id,
        tenant_id,
        customer,
        JSON.stringify(lines),
        total,
      );
      await orders.publish(OrderCreated, { ...order, created_at: now() }, { tx });
      return { ...order, status: "open" };
    }),

  change: (orderId, { lines, total }) =>
    store.transaction(async (tx) => {
      const known = findOrder(tx, orderId);
      if (known?.status !== "open") return known;
      tx.run("UPDATE orders SET lines = ?, total = ? WHERE order_id = ?", JSON.stringify(lines), total, orderId);
      const { order_id, tenant_id, customer } = known;
      await orders.publish(OrderUpdated, { order_id, tenant_id, customer, lines, total, updated_at: now() }, { tx });
      return { ...known, lines, total };
    }),

  complete: (orderId) =>
    store.transaction(async (tx) => {
      const known = findOrder(tx, orderId);
      if (known?.status !== "open") return known;
      tx.run("UPDATE orders SET status = 'completed' WHERE order_id = ?", orderId);
      const { order_id, tenant_id, customer, total } = known;
      await orders.publish(OrderCompleted, { order_id, tenant_id, customer, total, completed_at: now() }, { tx });
      return { ...known, status: "completed" };
    }),

  find: (orderId) => store.read((tx) => findOrder(tx, orderId)),
};

function findOrder(tx: SqliteTx, orderId: string): Order | null {
  const row = tx.get<Omit<Order, "lines"> & { lines: string }>(
    "SELECT order_id, tenant_id, customer, lines, total, status FROM orders WHERE order_id = ?",
    orderId,
  );
  return row ? { ...row, lines: JSON.parse(row.lines) as Order["lines"] } : null;
}
