import type { FastifyReply } from "fastify";

/** Aborts when the answer is over, or whoever asked is gone: nothing is looked for that nobody waits for. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
