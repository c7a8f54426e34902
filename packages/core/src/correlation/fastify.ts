import { runWithCorrelation } from "./correlation-context.ts";
import { CORRELATION_HEADER, correlationFromHeaders, type IncomingHeaders } from "./correlation-headers.ts";
import { isCorrelatedLogger } from "../logging/create-logger.ts";

/** What the plugin needs of Fastify 5; named here so that core runs without it. */
export interface FastifyLike {
  addHook(name: "onRequest", hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void): unknown;
}

interface ChildLogger {
  child(bindings: Record<string, unknown>): unknown;
}

export interface FastifyRequestLike {
  readonly headers: IncomingHeaders;
  log: unknown;
}

export interface FastifyReplyLike {
  header(name: string, value: string): unknown;
  log: unknown;
}

/**
 * A Fastify plugin that gives each request its correlation context: everything the request's hooks and handler call
 * finds it, the response carries `x-correlation-id`, and the request's log lines carry it too.
 * Register it first; it applies to all routes of the instance it is registered on.
 * @example
 *   import { correlation } from "throughline/fastify";
 *   await app.register(correlation());
 */
export function correlation(options: { newId?: () => string } = {}): (instance: FastifyLike) => Promise<void> {
  const plugin = async (instance: FastifyLike): Promise<void> => {
    // Fastify keeps this async context across the parsing of the body, which arrives in the socket's.
    instance.addHook("onRequest", (request, reply, done) => {
      const context = correlationFromHeaders(request.headers, options.newId);
      reply.header(CORRELATION_HEADER, context.correlationId);
      request.log = reply.log = withId(request.log, context.correlationId);
      runWithCorrelation(context, done);
    });
  };
  // Fastify's public sign for "not encapsulated": without it the hooks would apply to no route of the application.
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "throughline-correlation",
  });
}

/** A logger of ours adds the id by itself; a second one would make two properties of the same name. */
function withId(log: unknown, correlationId: string): unknown {
  return isCorrelatedLogger(log) ? log : (log as ChildLogger).child({ correlationId });
}
