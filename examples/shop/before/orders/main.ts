// Orders, the checkout: to take an order it calls every service that has to know.
import { orderRoutes } from "../../front-door/order-routes.ts";
import type { Order, OrderDesk } from "../../front-door/order.ts";
import { post } from "../call.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "orders",
  "CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, body TEXT NOT NULL)",
);
const select = db.prepare("SELECT body FROM orders WHERE order_id = ?");
const upsert = db.prepare(
  "INSERT INTO orders (order_id, body) VALUES (?, ?) ON CONFLICT (order_id) DO UPDATE SET body = excluded.body",
);

function read(orderId: string): Order | null {
  const row = select.get(orderId) as { body: string } | undefined;
  return row ? (JSON.parse(row.body) as Order) : null;
}

function save(order: Order): Order {
  upsert.run(order.order_id, JSON.stringify(order));
  return order;
}

const desk: OrderDesk = {
  async place(newOrder) {
    const known = read(newOrder.order_id);
    if (known) return known;
    const order: Order = { ...newOrder, status: "open" };
    await post("fraud", "/scores", order);
    await post("inventory", "/reservations", order);
    await post("search", "/documents", order);
    await post("notifications", "/mails", { to: order.customer, about: "We have your order", order_id: order.order_id });
    return save(order);
  },

  async change(orderId, change) {
    const order = read(orderId);
    if (order === null || order.status === "completed") return order;
    const changed = { ...order, ...change };
    await post("inventory", "/reservations", changed);
    await post("search", "/documents", changed);
    return save(changed);
  },

  async complete(orderId) {
    const order = read(orderId);
    if (order === null || order.status === "completed") return order;
    const completed: Order = { ...order, status: "completed" };
    await post("payments", "/captures", completed);
    await post("billing", "/invoices", completed);
    await post("shipping", "/shipments", completed);
    await Promise.all([
      post("loyalty", "/points", completed),
      post("analytics", "/sales", completed),
      post("recommendations", "/purchases", completed),
      post("search", "/documents", completed),
    ]);
    return save(completed);
  },

  async find(orderId) {
    return read(orderId);
  },
};

orderRoutes(app, desk);
await start();
