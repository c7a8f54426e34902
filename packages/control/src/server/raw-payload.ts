import type { FastifyReply } from "fastify";
import type { LogRecord } from "throughline/seams";

/**
 * Answers with a value's bytes as they stand in the log, for a file: no browser shows them, whatever they say of themselves. A
 * tombstone is no content.
 */
export function answerBytes(reply: FastifyReply, { value }: LogRecord, name: string): FastifyReply {
  void reply
    .header("content-disposition", `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}"`)
    .header("x-content-type-options", "nosniff")
    .header("content-security-policy", "sandbox; default-src 'none'")
    .header("cache-control", "no-store");
  if (value === null) return reply.status(204).send();
  return reply.type("application/octet-stream").send(Buffer.from(value));
}
