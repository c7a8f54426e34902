import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { deepestText, depthOf } from "../compatibility/json-depth.ts";
import { Registry } from "../registry/registry.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { RegistryStore } from "../registry/registry-store.ts";
import { openPostgresRegistryStore } from "../registry/postgres-registry-store.ts";
import { openSqliteRegistryStore } from "../registry/sqlite-registry-store.ts";
import { addConfigRoutes } from "./config-routes.ts";
import { addSchemaRoutes } from "./schema-routes.ts";
import { addSubjectRoutes } from "./subject-routes.ts";

export interface RegistryServerOptions {
  /** Where it keeps what it knows: `sqlite:<path>`, `sqlite::memory:`, `postgres://…`, or a store that is open already. */
  readonly store: string | RegistryStore;
  /** Default: 127.0.0.1, so that nobody else reaches it by accident. */
  readonly host?: string;
  /** Default: 8081. 0 takes a free one. */
  readonly port?: number;
}

export interface RegistryServer {
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  /** Answers what it has begun with, and stops. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const mediaTypes = ["application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json"] as const;
/** Room for a schema of 10 MiB, with its quotes escaped. */
const largestBody = 32 * 1024 * 1024;

/** A schema registry that speaks Confluent's REST API (v7). @throws When the port is taken or the file cannot be opened. */
export async function startRegistry(options: RegistryServerOptions): Promise<RegistryServer> {
  const { host = "127.0.0.1", port = 8_081 } = options;
  const store = typeof options.store === "string" ? await openStore(options.store) : options.store;
  const registry = new Registry(store);
  const app = registryApp(registry);
  try {
    const url = await app.listen({ host, port });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= app.close().then(() => registry.close()));
    return { url, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await registry.close();
    throw error;
  }
}

function openStore(address: string): Promise<RegistryStore> {
  if (address.startsWith("sqlite:")) return openSqliteRegistryStore(address.slice("sqlite:".length));
  if (/^postgres(?:ql)?:/.test(address)) return openPostgresRegistryStore(address);
  throw new Error(`the registry's store ${JSON.stringify(address)} is no address: say sqlite:<path of a file> or postgres://…`);
}

/** The API without a port. */
export function registryApp(registry: Registry): FastifyInstance {
  const app = fastify({
    bodyLimit: largestBody,
    routerOptions: { maxParamLength: 2_000, ignoreTrailingSlash: true },
    // Of a path that cannot be read: before routes, and so before hooks.
    frameworkErrors: (error, request, reply) => void answerError(error, reply.header("content-type", answeredAs(request))),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...mediaTypes], { parseAs: "string" }, (_request, body, done) => {
    try {
      if (depthOf(body as string) > deepestText) throw new Error(`it is nested deeper than ${deepestText} levels`);
      done(null, body === "" ? undefined : JSON.parse(body as string));
    } catch (error) {
      done(new RegistryError("BAD_REQUEST", { what: `the body is no JSON that can be read: ${(error as Error).message}` }));
    }
  });
  app.addHook("onSend", async (request, reply, payload) => {
    if (reply.getHeader("content-type") === undefined || String(reply.getHeader("content-type")).startsWith("application/json"))
      reply.header("content-type", answeredAs(request));
    return payload;
  });
  app.setErrorHandler((error, _request, reply) => answerError(error as Error & { statusCode?: number }, reply));
  app.setNotFoundHandler((_request, reply) => reply.status(404).send({ error_code: 404, message: "HTTP 404 Not Found" }));

  app.get("/", async () => ({}));
  app.get("/contexts", () => registry.contexts());
  app.get("/v1/metadata/id", async () => ({
    scope: { path: [], clusters: { "schema-registry-cluster": "schema-registry" } },
    id: "",
  }));
  app.get("/v1/metadata/version", async () => ({ version: "7.9.0", commitId: "throughline" }));
  addSchemaRoutes(app, registry);
  addSubjectRoutes(app, registry);
  addConfigRoutes(app, registry);
  return app;
}

/** The first of the media types that the client takes. */
function answeredAs(request: FastifyRequest): string {
  const accepted = request.headers.accept ?? "";
  return mediaTypes.find((type) => accepted.includes(type)) ?? mediaTypes[0];
}

function answerError(error: Error & { statusCode?: number }, reply: FastifyReply): FastifyReply {
  if (error instanceof RegistryError) return reply.status(error.status).send({ error_code: error.code, message: error.message });
  const status = error.statusCode ?? 500;
  if (status >= 500)
    return reply.status(500).send({ error_code: 50_001, message: `Error in the backend datastore: ${error.message}` });
  return reply.status(status).send({ error_code: status, message: error.message });
}
