// Inventory: reserves what was ordered and takes back what was returned.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "inventory",
  "CREATE TABLE IF NOT EXISTS reservations (order_id TEXT NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (order_id, sku))",
);
const clear = db.prepare("DELETE FROM reservations WHERE order_id = ?");
const reserve = db.prepare(
  "INSERT INTO reservations (order_id, sku, quantity) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
);

app.post<{ Body: Order }>("/reservations", async ({ body }) => {
  clear.run(body.order_id);
  for (const line of body.lines) reserve.run(body.order_id, line.sku, line.quantity);
  return { reserved: body.lines.length };
});

app.post<{ Body: { order_id: string } }>("/restocks", async ({ body }) => ({ restocked: clear.run(body.order_id).changes }));

await start();
