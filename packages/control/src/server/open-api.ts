import swagger from "@fastify/swagger";
import type { ControlApp } from "./control-app.ts";

/** The document of the API, made from the schemas that requests and answers are held to. */
export async function addOpenApi(app: ControlApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Throughline control plane",
        version: "1",
        description:
          "What the page can do, and the command line: failed events, flows, lag, replays. Errors are RFC 9457 problems.",
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (json["$id"] as string | undefined) ?? `schema${index}`,
    },
  });
  app.get("/api/v1/openapi.json", { config: { right: "open" }, schema: { hide: true } }, async () => app.swagger());
}
