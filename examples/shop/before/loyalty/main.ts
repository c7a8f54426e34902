// Loyalty: one point for each full euro.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "loyalty",
  "CREATE TABLE IF NOT EXISTS points (customer TEXT NOT NULL, order_id TEXT NOT NULL, points INTEGER NOT NULL)",
);
const insert = db.prepare("INSERT INTO points (customer, order_id, points) VALUES (?, ?, ?)");

app.post<{ Body: Order }>("/points", async ({ body }) => {
  const points = Math.floor(body.total / 100);
  insert.run(body.customer, body.order_id, points);
  return { points };
});

await start();
