import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { correlatedFetch } from "./correlated-fetch.ts";
import { runWithCorrelation } from "./correlation-context.ts";

const context = {
  correlationId: "checkout-42",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "a=1",
};

/** A server that answers with the headers it was sent. */
async function echoServer(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify({ method: request.method, headers: request.headers })));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function sent(answer: Response): Promise<{ method: string; headers: IncomingHttpHeaders }> {
  return (await answer.json()) as { method: string; headers: IncomingHttpHeaders };
}

test("a call carries the current correlation id and trace", async (t) => {
  const url = await echoServer(t);
  const { headers } = await sent(
    await runWithCorrelation(context, () => correlatedFetch(url, { headers: { accept: "text/plain" } })),
  );
  assert.equal(headers["x-correlation-id"], "checkout-42");
  assert.equal(headers["traceparent"], context.traceparent);
  assert.equal(headers["tracestate"], "a=1");
  assert.equal(headers.accept, "text/plain");
});

test("a header that the caller set stays as it is", async (t) => {
  const url = await echoServer(t);
  const own = { "X-Correlation-ID": "mine", traceparent: "00-11111111111111111111111111111111-2222222222222222-00" };
  const { headers } = await sent(await runWithCorrelation(context, () => correlatedFetch(url, { headers: own })));
  assert.equal(headers["x-correlation-id"], "mine");
  assert.equal(headers["traceparent"], own.traceparent);
  assert.equal(headers["tracestate"], undefined, "our tracestate must not stand beside another's traceparent");
});

test("a Request keeps its method, body and headers", async (t) => {
  const url = await echoServer(t);
  const request = new Request(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  const { method, headers } = await sent(await runWithCorrelation(context, () => correlatedFetch(request)));
  assert.equal(method, "POST");
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["x-correlation-id"], "checkout-42");
});

test("outside of a context it is fetch", async (t) => {
  const url = await echoServer(t);
  const { headers } = await sent(await correlatedFetch(url));
  assert.equal(headers["x-correlation-id"], undefined);
});
