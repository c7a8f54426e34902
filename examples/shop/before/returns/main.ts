// Returns: a customer sends an order back.
import { urlOf } from "../../front-door/ports.ts";
import { returnRoutes, type NewReturn } from "../../front-door/return-routes.ts";
import { Problem } from "../../front-door/problem.ts";
import type { Order } from "../../front-door/order.ts";
import { post } from "../call.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "returns",
  "CREATE TABLE IF NOT EXISTS returns (return_id TEXT PRIMARY KEY, order_id TEXT NOT NULL)",
);
const insert = db.prepare("INSERT INTO returns (return_id, order_id) VALUES (?, ?) ON CONFLICT DO NOTHING");

returnRoutes(app, async (request: NewReturn) => {
  const response = await fetch(`${urlOf("orders")}/orders/${request.order_id}`, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok)
    throw new Problem(
      response.status,
      "the order cannot be returned",
      `orders answered ${response.status} for "${request.order_id}"`,
    );
  const order = (await response.json()) as Order;
  await post("payments", "/refunds", { order_id: order.order_id, total: order.total });
  await post("inventory", "/restocks", { order_id: order.order_id });
  await post("notifications", "/mails", { to: order.customer, about: "Your return", order_id: order.order_id });
  insert.run(request.return_id, request.order_id);
});

await start();
