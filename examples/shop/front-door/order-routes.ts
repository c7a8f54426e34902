import type { FastifyInstance } from "fastify";
import { NewOrder, OrderChange, type Order, type OrderDesk } from "./order.ts";
import { parseBody, Problem } from "./problem.ts";

interface ById {
  Params: { id: string };
}

/** The shop's front door: the same routes before both shops. */
export function orderRoutes(app: FastifyInstance, desk: OrderDesk): void {
  app.post("/orders", async (request, reply) => reply.code(201).send(await desk.place(parseBody(NewOrder, request.body))));
  app.patch<ById>("/orders/:id", async (request) =>
    found(request.params.id, await desk.change(request.params.id, parseBody(OrderChange, request.body))),
  );
  app.post<ById>("/orders/:id/complete", async (request) => found(request.params.id, await desk.complete(request.params.id)));
  app.get<ById>("/orders/:id", async (request) => found(request.params.id, await desk.find(request.params.id)));
}

function found(orderId: string, order: Order | null): Order {
  if (order === null)
    throw new Problem(404, "no such order", `There is no order "${orderId}"; place it first with POST /orders.`);
  return order;
}
