import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import { sampleOrder } from "../driver/order-load.ts";
import { orderRoutes } from "./order-routes.ts";
import type { OrderDesk } from "./order.ts";
import { answerProblems } from "./problem.ts";

const app = Fastify();
const desk: OrderDesk = {
  place: async (order) => ({ ...order, status: "open" }),
  change: async () => null,
  complete: async () => null,
  find: async () => null,
};
answerProblems(app);
orderRoutes(app, desk);

test("an order is taken", async () => {
  const response = await app.inject({ method: "POST", url: "/orders", payload: sampleOrder("order-1", 1) });
  assert.equal(response.statusCode, 201);
  assert.equal(response.json().status, "open");
});

test("a wrong body is a problem that names every field", async () => {
  const response = await app.inject({
    method: "POST",
    url: "/orders",
    payload: { ...sampleOrder("order-1", 1), total: "much", lines: [{ sku: 7 }] },
  });
  assert.equal(response.statusCode, 400);
  assert.match(String(response.headers["content-type"]), /^application\/problem\+json/);
  const pointers = response.json().problems.map(({ pointer }: { pointer: string }) => pointer);
  assert.deepEqual(pointers, ["/lines/0/sku", "/lines/0/quantity", "/lines/0/unit_price", "/total"]);
});

test("an order that is not there is a 404 that says what to do", async () => {
  const response = await app.inject({ method: "POST", url: "/orders/nobody/complete" });
  assert.equal(response.statusCode, 404);
  assert.match(response.json().detail, /no order "nobody"; place it first/);
});
