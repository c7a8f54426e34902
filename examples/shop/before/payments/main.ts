// Payments: charges the customer's card. A caller that gives up waiting and tries again charges twice.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "payments",
  "CREATE TABLE IF NOT EXISTS payments (order_id TEXT NOT NULL, amount INTEGER NOT NULL)",
);
const insert = db.prepare("INSERT INTO payments (order_id, amount) VALUES (?, ?)");

app.post<{ Body: Order }>("/captures", async ({ body }) => {
  insert.run(body.order_id, body.total);
  return { captured: body.total };
});

app.post<{ Body: { order_id: string; total: number } }>("/refunds", async ({ body }) => {
  insert.run(body.order_id, -body.total);
  return { refunded: body.total };
});

await start();
