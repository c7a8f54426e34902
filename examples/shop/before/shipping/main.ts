// Shipping: makes the parcel and tells the customer.
import type { Order } from "../../front-door/order.ts";
import { post } from "../call.ts";
import { httpService } from "../http-service.ts";

const { app, db, start } = httpService("shipping", "CREATE TABLE IF NOT EXISTS shipments (order_id TEXT PRIMARY KEY)");
const insert = db.prepare("INSERT INTO shipments (order_id) VALUES (?) ON CONFLICT DO NOTHING");

app.post<{ Body: Order }>("/shipments", async ({ body }, reply) => {
  insert.run(body.order_id);
  await post("notifications", "/mails", { to: body.customer, about: "Your parcel is on its way", order_id: body.order_id });
  return reply.code(201).send({ shipped: true });
});

await start();
