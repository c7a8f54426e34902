// Search: keeps the newest state of each order as a document.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "search",
  "CREATE TABLE IF NOT EXISTS documents (order_id TEXT PRIMARY KEY, body TEXT NOT NULL)",
);
const upsert = db.prepare("INSERT INTO documents (order_id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");

app.post<{ Body: Order }>("/documents", async ({ body }) => {
  upsert.run(body.order_id, JSON.stringify(body));
  return { indexed: body.order_id };
});

await start();
