import type { Mount } from "./control-parts.ts";
import type { ControlApp } from "./control-app.ts";

/** Hands requests below a prefix to another server, after this one's hooks: bodies and answers are that server's business. */
export function addMounts(app: ControlApp, mounts: readonly Mount[]): void {
  for (const { prefix, handle } of mounts) {
    void app.register(
      async (mounted) => {
        mounted.removeAllContentTypeParsers();
        mounted.addContentTypeParser("*", (_request, _payload, done) => done(null));
        for (const url of ["/", "/*"]) {
          mounted.all(url, { schema: { hide: true } }, (request, reply) => {
            reply.hijack();
            request.raw.url = request.raw.url!.slice(prefix.length) || "/";
            for (const [name, value] of Object.entries(reply.getHeaders()))
              if (value !== undefined) reply.raw.setHeader(name, value);
            handle(request.raw, reply.raw);
          });
        }
      },
      { prefix },
    );
  }
}
