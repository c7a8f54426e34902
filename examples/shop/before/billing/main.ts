// Billing: writes the invoice and has it mailed.
import type { Order } from "../../front-door/order.ts";
import { post } from "../call.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService(
  "billing",
  "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT PRIMARY KEY, total INTEGER NOT NULL)",
);
const insert = db.prepare("INSERT INTO invoices (order_id, total) VALUES (?, ?) ON CONFLICT DO NOTHING");

app.post<{ Body: Order }>("/invoices", async ({ body }, reply) => {
  insert.run(body.order_id, body.total);
  await post("notifications", "/mails", { to: body.customer, about: "Your invoice", order_id: body.order_id });
  return reply.code(201).send({ invoiced: body.total });
});

await start();
