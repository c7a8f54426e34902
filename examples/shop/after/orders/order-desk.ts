import { OrderCompleted, OrderCreated, OrderUpdated } from "../../contracts/index.ts";
import type { Order, OrderDesk } from "../../front-door/order.ts";
import { orders, store } from "./orders.ts";

interface OrderRow {
  order_id: string;
  tenant_id: string;
  customer: string;
  lines: string;
  total: number;
  status: Order["status"];
}

const columns = "order_id, tenant_id, customer, lines, total, status";

/** Takes orders in one transaction each: the row and its event are both there, or neither is. It calls no other service. */
export const orderDesk: OrderDesk = {
  async place(order) {
    const { order_id, tenant_id, customer, lines, total } = order;
    const placed = await store.transaction(async (tx) => {
      const row = tx.get<OrderRow>(
        `INSERT INTO orders (${columns}) VALUES (?, ?, ?, ?, ?, 'open') ON CONFLICT DO NOTHING RETURNING ${columns}`,
        order_id,
        tenant_id,
        customer,
        JSON.stringify(lines),
        total,
      );
      if (!row) return null;
      await orders.publish(OrderCreated, { ...order, created_at: new Date().toISOString() }, { tx });
      return toOrder(row);
    });
    return placed ?? this.find(order_id);
  },

  async change(orderId, { lines, total }) {
    const changed = await store.transaction(async (tx) => {
      const row = tx.get<OrderRow>(
        `UPDATE orders SET lines = ?, total = ? WHERE order_id = ? AND status = 'open' RETURNING ${columns}`,
        JSON.stringify(lines),
        total,
        orderId,
      );
      if (!row) return null;
      const { status, ...order } = toOrder(row);
      await orders.publish(OrderUpdated, { ...order, updated_at: new Date().toISOString() }, { tx });
      return { ...order, status };
    });
    return changed ?? this.find(orderId);
  },

  async complete(orderId) {
    const completed = await store.transaction(async (tx) => {
      const row = tx.get<OrderRow>(`UPDATE orders SET status = 'completed' WHERE order_id = ? AND status = 'open' RETURNING ${columns}`, orderId);
      if (!row) return null;
      const { order_id, tenant_id, customer, total } = row;
      await orders.publish(OrderCompleted, { order_id, tenant_id, customer, total, completed_at: new Date().toISOString() }, { tx });
      return toOrder(row);
    });
    return completed ?? this.find(orderId);
  },

  async find(orderId) {
    const row = await store.get<OrderRow>(`SELECT ${columns} FROM orders WHERE order_id = ?`, orderId);
    return row ? toOrder(row) : null;
  },
};

const toOrder = (row: OrderRow): Order => ({ ...row, lines: JSON.parse(row.lines) as Order["lines"] });
