import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseBody } from "./problem.ts";

/** What a customer sends to `POST /returns`. */
export const NewReturn = z.object({
  return_id: z.string().min(1),
  order_id: z.string().min(1),
  tenant_id: z.string().min(1),
  reason: z.string().min(1),
});
export type NewReturn = z.infer<typeof NewReturn>;

export function returnRoutes(app: FastifyInstance, take: (request: NewReturn) => Promise<void>): void {
  app.post("/returns", async (request, reply) => {
    const body = parseBody(NewReturn, request.body);
    await take(body);
    return reply.code(201).send(body);
  });
}
