import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { currentCorrelation } from "./correlation-context.ts";
import { correlation } from "./express.ts";

/** What this test uses of Express 5, which comes without types. */
type Route = (request: IncomingMessage, response: ServerResponse & { json(body: unknown): void }) => Promise<void>;
interface Express extends RequestListener {
  use(...handlers: unknown[]): void;
  get(path: string, route: Route): void;
  post(path: string, route: Route): void;
}
const express = createRequire(import.meta.url)("express") as (() => Express) & { json(): unknown };

async function startServer(t: TestContext): Promise<string> {
  const app = express();
  app.use(express.json(), correlation({ newId: () => "made" }));
  const answerContext: Route = async (_request, response) => {
    await setImmediate();
    response.json(currentCorrelation());
  };
  app.get("/context", answerContext);
  app.post("/context", answerContext);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a route, and what it awaits, finds the request's context, and the response carries the id", async (t) => {
  const url = await startServer(t);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const answer = await fetch(`${url}/context`, { headers: { "x-correlation-id": "checkout-42", traceparent } });
  assert.equal(answer.headers.get("x-correlation-id"), "checkout-42");
  assert.deepEqual(await answer.json(), { correlationId: "checkout-42", traceparent });
});

test("a request without an id gets a new one", async (t) => {
  const answer = await fetch(`${await startServer(t)}/context`);
  assert.equal(answer.headers.get("x-correlation-id"), "made");
});

test("a request with a body has its context", async (t) => {
  const headers = { "x-correlation-id": "checkout-42", "content-type": "application/json" };
  const answer = await fetch(`${await startServer(t)}/context`, { method: "POST", headers, body: '{"order_id":"42"}' });
  assert.deepEqual(await answer.json(), { correlationId: "checkout-42" });
});
