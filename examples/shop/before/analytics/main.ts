// Analytics: one row for each sale.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "analytics",
  "CREATE TABLE IF NOT EXISTS sales (order_id TEXT NOT NULL, tenant_id TEXT NOT NULL, total INTEGER NOT NULL)",
);
const insert = db.prepare("INSERT INTO sales (order_id, tenant_id, total) VALUES (?, ?, ?)");

app.post<{ Body: Order }>("/sales", async ({ body }) => {
  insert.run(body.order_id, body.tenant_id, body.total);
  return { counted: 1 };
});

await start();
