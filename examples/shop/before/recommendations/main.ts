// Recommendations: counts what each customer bought.
import type { Order } from "../../front-door/order.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "recommendations",
  "CREATE TABLE IF NOT EXISTS purchases (customer TEXT NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (customer, sku))",
);
const count = db.prepare(
  "INSERT INTO purchases (customer, sku, quantity) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
);

app.post<{ Body: Order }>("/purchases", async ({ body }) => {
  for (const line of body.lines) count.run(body.customer, line.sku, line.quantity);
  return { counted: body.lines.length };
});

await start();
