import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { RegistrySchema, ThroughlineError } from "throughline/seams";
import { openSchemaRegistry, startRegistry } from "../src/index.ts";

const schemaOf = (properties: object, required: readonly string[] = ["id"]): RegistrySchema => ({
  schemaType: "JSON",
  schema: JSON.stringify({ type: "object", properties: { id: { type: "string" }, ...properties }, required }),
});

/** Something that listens, whatever it is. */
async function listening(answer: (...asked: Parameters<RequestListener>) => unknown) {
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The registry as others have it: behind this, what only ours says is gone. */
async function plainRegistry(target: string) {
  return listening(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "GET",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      ...(body.length === 0 ? {} : { body }),
    });
    const shown = (await answer.json()) as { differences?: unknown; compatibilityPolicy?: unknown };
    if (!Array.isArray(shown)) {
      delete shown.differences;
      delete shown.compatibilityPolicy;
    }
    response.writeHead(answer.status, { "content-type": "application/vnd.schemaregistry.v1+json" });
    response.end(JSON.stringify(shown));
  });
}

for (const kind of ["ours", "one that says only what Confluent's says"] as const)
  describe(`with ${kind}`, () => {
    async function open() {
      const server = await startRegistry({ store: "sqlite::memory:", port: 0 });
      const facade = kind === "ours" ? null : await plainRegistry(server.url);
      return {
        registry: openSchemaRegistry({ url: facade?.url ?? server.url, env: {} }),
        async [Symbol.asyncDispose]() {
          await facade?.[Symbol.asyncDispose]();
          await server.close();
        },
      };
    }

    test("the same schema has one id and version, however its members are ordered, and is found by both", async () => {
      await using opened = await open();
      const { registry } = opened;
      const first = await registry.register("a/b é.v1", schemaOf({ note: { type: "string" } }));
      assert.deepEqual([first.subject, first.version, first.id], ["a/b é.v1", 1, 1]);
      const turned: RegistrySchema = {
        schemaType: "JSON",
        schema: JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(first.schema) as object).toReversed())),
      };
      assert.deepEqual(await registry.register("a/b é.v1", turned), first);
      assert.equal((await registry.register("other.v1", turned)).id, 1);
      assert.deepEqual(await registry.bySubject("a/b é.v1", "latest"), first);
      assert.deepEqual(await registry.bySubject("a/b é.v1", 1), first);
      assert.deepEqual(await registry.lookUp("a/b é.v1", turned), first);
      assert.equal((await registry.byId(1))?.schema, first.schema);
      assert.deepEqual(await registry.versions("a/b é.v1"), [1]);
    });

    test("what is not there is null, or none", async () => {
      await using opened = await open();
      const { registry } = opened;
      assert.equal(await registry.byId(7), null);
      assert.equal(await registry.bySubject("s", "latest"), null);
      assert.equal(await registry.lookUp("s", schemaOf({})), null);
      assert.deepEqual(await registry.versions("s"), []);
      assert.deepEqual(await registry.check("s", schemaOf({})), { isCompatible: true, reasons: [] });
      await registry.register("s", schemaOf({}));
      assert.equal(await registry.bySubject("s", 2), null);
      assert.equal(await registry.lookUp("s", schemaOf({ a: {} })), null);
    });

    test("a refusal gives every reason", async () => {
      await using opened = await open();
      const { registry } = opened;
      await registry.register("s", schemaOf({ a: { type: "string" }, b: { type: "string" } }));
      const breaking = schemaOf({ a: { type: "integer" }, b: { type: "string" } }, ["id", "b"]);
      const { isCompatible, reasons } = await registry.check("s", breaking);
      assert.equal(isCompatible, false);
      assert.equal(reasons.length, 2);
      await assert.rejects(registry.register("s", breaking), (error: ThroughlineError) => {
        assert.deepEqual([error.code, error.retryable], ["REGISTRY_SCHEMA_REFUSED", false]);
        assert.deepEqual(error.details["reasons"], reasons);
        return true;
      });
      assert.deepEqual(await registry.versions("s"), [1]);
      if (kind !== "ours") return;
      assert.partialDeepStrictEqual(
        reasons.find(({ kind: of }) => of === "required_added"),
        {
          path: "/b",
          pointer: "/required",
          direction: "backward",
          version: 1,
        },
      );
    });

    test("Avro and references go there and back", async () => {
      await using opened = await open();
      const { registry } = opened;
      const money = JSON.stringify({ type: "record", name: "Money", fields: [{ name: "cents", type: "long" }] });
      const inner = await registry.register("money", { schemaType: "AVRO", schema: money });
      const references = [{ name: "Money", subject: "money", version: inner.version }];
      const outer: RegistrySchema = {
        schemaType: "AVRO",
        schema: JSON.stringify({ type: "record", name: "Order", fields: [{ name: "total", type: "Money" }] }),
        references,
      };
      const registered = await registry.register("order", outer);
      assert.partialDeepStrictEqual(await registry.byId(registered.id), { schemaType: "AVRO", references });
    });

    test("the level that is set rules, and is answered", async () => {
      await using opened = await open();
      const { registry } = opened;
      await registry.register("s", schemaOf({}));
      assert.equal((await registry.setCompatibility("s", { level: "NONE", policy: null })).level, "NONE");
      await registry.register("s", schemaOf({ id: { type: "integer" } }));
      assert.equal((await registry.setCompatibility("s", { level: "FULL_TRANSITIVE", policy: null })).level, "FULL_TRANSITIVE");
      assert.equal((await registry.check("s", schemaOf({ id: { type: "boolean" } }))).isCompatible, false);
    });

    test("a schema that cannot be read says why", async () => {
      await using opened = await open();
      await assert.rejects(opened.registry.register("s", { schemaType: "JSON", schema: "{" }), {
        code: "REGISTRY_SCHEMA_INVALID",
      });
    });
  });

describe("what is no registry, or refuses", () => {
  const open = (url: string, more: object = {}) => openSchemaRegistry({ url, env: {}, retryDelaysMs: [1, 1], ...more });

  test("nobody listens: away, and trying again may help", async () => {
    const { url } = await listening(() => undefined).then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    await assert.rejects(open(url).versions("s"), { code: "REGISTRY_UNAVAILABLE", retryable: true, message: /ECONNREFUSED/ });
  });

  test("no answer in time: away", async () => {
    await using server = await listening(() => undefined);
    await assert.rejects(open(server.url, { timeoutMs: 50, retryDelaysMs: [] }).versions("s"), {
      code: "REGISTRY_UNAVAILABLE",
      message: /no answer within 50 ms/,
    });
  });

  test("what is silent, or speaks drop by drop, is asked once, and the time is for all tries together", async () => {
    let asked = 0;
    await using server = await listening((_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end("busy");
      else response.writeHead(200, { "content-length": 1000 }).write(" ");
    });
    const startedAt = performance.now();
    await assert.rejects(open(server.url, { timeoutMs: 300, retryDelaysMs: [1, 1, 1, 1] }).versions("s"), {
      code: "REGISTRY_UNAVAILABLE",
      message: /no answer within 300 ms/,
    });
    const tookMs = performance.now() - startedAt;
    assert.equal(asked, 2);
    assert.ok(tookMs < 1_000, `it took ${Math.round(tookMs)} ms`);
  });

  test("whoever ends the request is told that, and not that the registry is away", async () => {
    await using server = await listening(() => undefined);
    const ending = new AbortController();
    const asked = open(server.url, { signal: ending.signal }).versions("s");
    ending.abort(new Error("enough"));
    await assert.rejects(asked, /enough/);
  });

  test("a server that cannot work now is asked again, and its connection may break meanwhile", async () => {
    let asked = 0;
    await using server = await listening((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else if (asked === 2) response.writeHead(503).end("busy");
      else response.writeHead(200).end("[1,2]");
    });
    assert.deepEqual(await open(server.url).versions("s"), [1, 2]);
    assert.equal(asked, 3);
  });

  for (const [what, answer] of [
    ["a web page", (response) => response.writeHead(200).end("<html>")],
    ["a page that is not found", (response) => response.writeHead(404).end("<html>Not found")],
    [
      "a path that the server does not know",
      (response) => response.writeHead(404).end('{"error_code":404,"message":"HTTP 404 Not Found"}'),
    ],
    ["a redirect", (response) => response.writeHead(302, { location: "https://login.example/" }).end()],
  ] as readonly (readonly [string, (response: Parameters<RequestListener>[1]) => unknown])[])
    test(`${what} is no registry`, async () => {
      await using server = await listening((_request, response) => void answer(response));
      await assert.rejects(open(server.url).versions("s"), { code: "REGISTRY_NOT_THERE", retryable: false });
    });

  for (const body of ["null", "{}", "[]", "5", '"x"', "[null]", '{"id":"x","schema":5,"version":"z"}', '{"id":1,"schema":null}'])
    test(`what answers everything with ${body} is no registry, whatever it is asked`, async () => {
      await using server = await listening((_request, response) => response.writeHead(200).end(body));
      const registry = open(server.url);
      const calls: Record<string, () => Promise<unknown>> = {
        register: () => registry.register("s", schemaOf({})),
        byId: () => registry.byId(1),
        bySubject: () => registry.bySubject("s", 1),
        lookUp: () => registry.lookUp("s", schemaOf({})),
        check: () => registry.check("s", schemaOf({})),
        setCompatibility: () => registry.setCompatibility("s", { level: "FULL", policy: null }),
        // An empty list is what a registry has when nothing is there.
        ...(body === "[]" ? {} : { subjects: () => registry.subjects(""), versions: () => registry.versions("s") }),
      };
      for (const [name, call] of Object.entries(calls))
        await assert.rejects(call(), { code: "REGISTRY_NOT_THERE", retryable: false }, name);
    });

  test("credentials are sent, and who was refused is told without them", async () => {
    const seen: (string | undefined)[] = [];
    await using server = await listening((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "content-type": "application/json" }).end('{"error_code":40101,"message":"no"}');
    });
    const credentials = { user: "ana", password: "secret" };
    await assert.rejects(open(server.url, { credentials }).versions("s"), (error: Error & { code: string }) => {
      assert.equal(error.code, "REGISTRY_UNAUTHORISED");
      assert.match(error.message, /user "ana"/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await assert.rejects(open(server.url, { credentials: { token: "t-1" } }).versions("s"));
    assert.deepEqual(seen, [`Basic ${Buffer.from("ana:secret").toString("base64")}`, "Bearer t-1"]);
  });

  test("what a registry says that has no code here is told in its words", async () => {
    await using server = await listening((_request, response) =>
      response.writeHead(422).end('{"error_code":42205,"message":"Subject s is in read-only mode"}'),
    );
    await assert.rejects(open(server.url).register("s", { schemaType: "JSON", schema: "{}" }), {
      code: "REGISTRY_REQUEST_FAILED",
      message: /42205.*read-only mode/,
    });
  });
});
