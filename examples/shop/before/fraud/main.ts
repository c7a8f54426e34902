// Fraud: gives each order a risk from 0 to 100.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "fraud",
  "CREATE TABLE IF NOT EXISTS scores (order_id TEXT PRIMARY KEY, risk INTEGER NOT NULL)",
);
const insert = db.prepare("INSERT INTO scores (order_id, risk) VALUES (?, ?) ON CONFLICT DO UPDATE SET risk = excluded.risk");

app.post<{ Body: Order }>("/scores", async ({ body }) => {
  const risk = Math.min(100, Math.floor(body.total / 5_000));
  insert.run(body.order_id, risk);
  return { risk };
});

await start();
