import type { FastifyReply, FastifyRequest } from "fastify";
import type { Right } from "../access/grants.ts";
import type { Mount } from "./control-parts.ts";
import type { ControlApp } from "./control-app.ts";

/** What a request to another server needs here; that it may ask is not its own business. */
const methods: readonly (readonly [Right, readonly string[]])[] = [
  ["read", ["GET"]],
  ["act", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]],
];

/** Hands requests below a prefix to another server, after this one's hooks: bodies and answers are that server's business. */
export function addMounts(app: ControlApp, mounts: readonly Mount[]): void {
  for (const { prefix, handle } of mounts) {
    const handler = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      request.raw.url = request.raw.url!.slice(prefix.length) || "/";
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
      handle(request.raw, reply.raw);
    };
    void app.register(
      async (mounted) => {
        mounted.removeAllContentTypeParsers();
        mounted.addContentTypeParser("*", (_request, _payload, done) => done(null));
        for (const url of ["/", "/*"])
          for (const [right, method] of methods)
            mounted.route({ url, method: [...method], schema: { hide: true }, config: { right }, handler });
      },
      { prefix },
    );
  }
}
