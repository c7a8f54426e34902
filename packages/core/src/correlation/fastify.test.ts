import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fastify, type FastifyBaseLogger } from "fastify";
import { createLogger } from "../logging/create-logger.ts";
import { currentCorrelation } from "./correlation-context.ts";
import { correlation } from "./fastify.ts";

type Line = Record<string, unknown>;

/** A real server with our plugin, whose routes answer with the context they find. */
async function startServer(t: TestContext, log: "ours" | "fastify's own") {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const loggerInstance: FastifyBaseLogger = createLogger({ service: "orders", destination });
  const app = log === "ours" ? fastify({ loggerInstance }) : fastify({ logger: { stream: destination } });
  await app.register(correlation({ newId: () => "made" }));
  app.get("/context", async (request) => {
    request.log.info("in the route");
    await setImmediate();
    return currentCorrelation();
  });
  app.post("/context", async () => currentCorrelation());
  app.get("/failing", async () => {
    throw new Error("out of stock");
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => app.close());
  return { url, lines: () => lines.map((line) => JSON.parse(line) as Line), texts: lines };
}

test("a route, and what it awaits, finds the request's context, and the response carries the id", async (t) => {
  const { url } = await startServer(t, "ours");
  const answer = await fetch(`${url}/context`, { headers: { "x-correlation-id": "checkout-42" } });
  assert.equal(answer.headers.get("x-correlation-id"), "checkout-42");
  assert.deepEqual(await answer.json(), { correlationId: "checkout-42" });
});

test("a request without an id gets a new one, and so does one with an unsound id", async (t) => {
  const { url } = await startServer(t, "ours");
  for (const headers of [{}, { "x-correlation-id": "x".repeat(129) }]) {
    const answer = await fetch(`${url}/context`, { headers });
    assert.equal(answer.headers.get("x-correlation-id"), "made");
  }
});

test("the context outlives the parsing of a body that comes in pieces", async (t) => {
  const { url } = await startServer(t, "ours");
  const body = new ReadableStream({
    async start(controller) {
      for (const piece of ['{"order', '_id":', '"42"}']) {
        controller.enqueue(new TextEncoder().encode(piece));
        await setImmediate();
      }
      controller.close();
    },
  });
  const headers = { "x-correlation-id": "checkout-42", "content-type": "application/json" };
  const answer = await fetch(`${url}/context`, { method: "POST", headers, body, duplex: "half" });
  assert.deepEqual(await answer.json(), { correlationId: "checkout-42" });
});

test("requests at the same time do not mix", async (t) => {
  const { url } = await startServer(t, "ours");
  const ids = Array.from({ length: 20 }, (_, n) => `id-${n}`);
  const answers = await Promise.all(
    ids.map(async (id) => (await fetch(`${url}/context`, { headers: { "x-correlation-id": id } })).json()),
  );
  assert.deepEqual(
    answers,
    ids.map((correlationId) => ({ correlationId })),
  );
});

test("a failed request carries the id too", async (t) => {
  const { url } = await startServer(t, "ours");
  const answer = await fetch(`${url}/failing`, { headers: { "x-correlation-id": "checkout-42" } });
  assert.equal(answer.status, 500);
  assert.equal(answer.headers.get("x-correlation-id"), "checkout-42");
});

for (const log of ["ours", "fastify's own"] as const) {
  test(`the request's log lines carry the id once (${log} logger)`, async (t) => {
    const { url, lines, texts } = await startServer(t, log);
    await (await fetch(`${url}/context`, { headers: { "x-correlation-id": "checkout-42" } })).text();
    assert.equal(lines().find(({ msg }) => msg === "in the route")?.["correlationId"], "checkout-42");
    assert.ok(texts.every((text) => text.split('"correlationId"').length <= 2));
  });
}
