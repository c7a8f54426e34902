import type { FastifyInstance } from "fastify";
import { schemaTypes } from "../compatibility/check-compatibility.ts";
import type { Registry } from "../registry/registry.ts";
import { written } from "../registry/subject-name.ts";
import { Asked, shownSchema, shownVersion } from "./requests.ts";

/** Schemas by their ids, and all at once. */
export function addSchemaRoutes(app: FastifyInstance, registry: Registry): void {
  app.get("/schemas/types", async () => schemaTypes);

  app.get("/schemas", async (request) => {
    const asked = new Asked(request);
    const found = await registry.schemas({
      prefix: asked.text("subjectPrefix"),
      deleted: asked.flag("deleted"),
      latestOnly: asked.flag("latestOnly"),
      offset: asked.number("offset", 0),
      limit: asked.number("limit", -1),
    });
    return found.map(shownVersion);
  });

  app.get("/schemas/ids/:id", async (request) => {
    const asked = new Asked(request);
    const { schema, lastId } = await registry.schemaById(asked.id, asked.querySubject);
    return {
      ...shownSchema(await registry.formatted(schema, asked.text("format"))),
      ...(asked.flag("fetchMaxId") ? { maxId: lastId } : {}),
    };
  });

  app.get("/schemas/ids/:id/schema", async (request, reply) => {
    const asked = new Asked(request);
    const { schema } = await registry.schemaById(asked.id, asked.querySubject);
    const { text } = await registry.formatted(schema, asked.text("format"));
    return reply.header("content-type", "application/json").send(text);
  });

  app.get("/schemas/ids/:id/subjects", async (request) => {
    const asked = new Asked(request);
    const versions = await registry.versionsOfSchema(asked.id, asked.querySubject, { deleted: asked.flag("deleted") });
    return [...new Set(versions.map(({ subject }) => written(subject)))];
  });

  app.get("/schemas/ids/:id/versions", async (request) => {
    const asked = new Asked(request);
    const versions = await registry.versionsOfSchema(asked.id, asked.querySubject, { deleted: asked.flag("deleted") });
    return versions.map(({ subject, version }) => ({ subject: written(subject), version }));
  });
}
