import type { FastifyRequest } from "fastify";

/** Who asks: where nobody logs in, whoever sits at this machine. */
export const actorOf = (request: FastifyRequest): { readonly name: string } =>
  (request as { readonly actor?: { readonly name: string } }).actor ?? { name: "local" };
