import type { FastifyInstance } from "fastify";
import type { Incompatibility } from "../compatibility/check-compatibility.ts";
import { inOneLine } from "../compatibility/difference.ts";
import type { Registry } from "../registry/registry.ts";
import { Asked, shownVersion } from "./requests.ts";

/** Subjects with their versions, and whether a schema may become the next one. */
export function addSubjectRoutes(app: FastifyInstance, registry: Registry): void {
  app.get("/subjects", (request) => {
    const asked = new Asked(request);
    return registry.subjects({
      prefix: asked.text("subjectPrefix"),
      deleted: asked.flag("deleted"),
      deletedOnly: asked.flag("deletedOnly"),
    });
  });

  app.post("/subjects/:subject", async (request) => {
    const asked = new Asked(request);
    const options = { normalize: asked.optionalFlag("normalize"), deleted: asked.flag("deleted") };
    const found = await registry.lookUp(asked.subject, asked.schema, options);
    return shownVersion({ ...found, schema: await registry.formatted(found.schema, asked.text("format")) });
  });

  app.get("/subjects/:subject/metadata", async (request) => {
    const asked = new Asked(request);
    const values = asked.texts("value");
    const wanted = new Map(asked.texts("key").map((key, index) => [key, values[index] ?? ""]));
    const found = await registry.versionWithMetadata(asked.subject, wanted, { deleted: asked.flag("deleted") });
    return shownVersion({ ...found, schema: await registry.formatted(found.schema, asked.text("format")) });
  });

  app.delete("/subjects/:subject", (request) => {
    const asked = new Asked(request);
    return registry.deleteSubject(asked.subject, { permanent: asked.flag("permanent") });
  });

  app.get("/subjects/:subject/versions", (request) => {
    const asked = new Asked(request);
    return registry.versions(asked.subject, { deleted: asked.flag("deleted"), deletedOnly: asked.flag("deletedOnly") });
  });

  app.post("/subjects/:subject/versions", async (request) => {
    const asked = new Asked(request);
    const { given } = asked;
    const normalize = asked.optionalFlag("normalize");
    return { id: await registry.register(asked.subject, asked.schema, { normalize, ...(given === undefined ? {} : { given }) }) };
  });

  app.get("/subjects/:subject/versions/:version", async (request) => {
    const asked = new Asked(request);
    const found = await registry.version(asked.subject, asked.version, { deleted: asked.flag("deleted") });
    return shownVersion({ ...found, schema: await registry.formatted(found.schema, asked.text("format")) });
  });

  app.get("/subjects/:subject/versions/:version/schema", async (request, reply) => {
    const asked = new Asked(request);
    const { schema } = await registry.version(asked.subject, asked.version, { deleted: asked.flag("deleted") });
    const { text } = await registry.formatted(schema, asked.text("format"));
    return reply.header("content-type", "application/json").send(text);
  });

  app.get("/subjects/:subject/versions/:version/referencedby", (request) => {
    const asked = new Asked(request);
    return registry.referencedBy(asked.subject, asked.version);
  });

  app.delete("/subjects/:subject/versions/:version", async (request, reply) => {
    const asked = new Asked(request);
    const version = await registry.deleteVersion(asked.subject, asked.version, { permanent: asked.flag("permanent") });
    return reply.send(JSON.stringify(version));
  });

  app.post("/compatibility/subjects/:subject/versions/:version", async (request) => {
    const asked = new Asked(request);
    return verdict(await registry.check(asked.subject, asked.version, asked.schema), asked.flag("verbose"));
  });

  app.post("/compatibility/subjects/:subject/versions", async (request) => {
    const asked = new Asked(request);
    return verdict(await registry.check(asked.subject, null, asked.schema), asked.flag("verbose"));
  });
}

/** `messages` are for people; `differences`, which only we have, for tools. */
function verdict(found: readonly Incompatibility[], verbose: boolean) {
  const messages = found.map(inOneLine);
  return { is_compatible: found.length === 0, ...(verbose ? { messages, differences: found } : {}) };
}
