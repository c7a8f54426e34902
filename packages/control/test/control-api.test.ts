import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

/** An order whose invoice failed, at the time of the test. */
async function orderWithoutInvoice(): Promise<SmallLog> {
  const small = new SmallLog();
  const atMs = Date.now();
  await small.announce("billing", [{ name: "create-invoice" }], { atMs, publishes: ["invoice.created"] });
  await small.event({ id: "e-1", type: "order.completed", atMs });
  await small.told("billing", "create-invoice", "order", 0, { outcome: "dead", failureId: "failure-billing-0", atMs });
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: atMs });
  return small;
}

test("failures are listed by their cause, and one by one", async (t) => {
  const { log } = await orderWithoutInvoice();
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body: groups } = await get("/failure-groups");
  assert.equal(groups.items.length, 1);
  const [{ fingerprint, service, handler, open, owner }] = groups.items;
  assert.deepEqual(
    { service, handler, open, owner },
    { service: "billing", handler: "create-invoice", open: 1, owner: "team-billing" },
  );
  assert.deepEqual((await get(`/failure-groups/${fingerprint}`)).body, groups.items[0]);
  const { body: page } = await get(`/failures?group=${fingerprint}&state=open`);
  assert.equal(page.next, null);
  assert.deepEqual(
    page.items.map(({ failureId }: { failureId: string }) => failureId),
    ["failure-billing-0"],
  );
});

test("a list goes on where its page ended, whatever came meanwhile", async (t) => {
  const small = new SmallLog();
  await small.announce("billing", [{ name: "create-invoice" }]);
  const add = async (n: number): Promise<void> => {
    await small.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}` });
    await small.letter("billing", "create-invoice", "order", n, { failedAtMs: Date.now() });
  };
  for (let n = 0; n < 5; n++) await add(n);
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const seen: string[] = [];
  for (let next: string | null = ""; next !== null;) {
    const { body } = await get(`/failures?limit=2${next === "" ? "" : `&cursor=${next}`}`);
    seen.push(...body.items.map(({ failureId }: { failureId: string }) => failureId));
    if (next === "") {
      await add(5);
      await indexer.catchUp();
    }
    next = body.next;
  }
  assert.deepEqual(
    seen.toSorted(),
    [0, 1, 2, 3, 4].map((n) => `failure-billing-${n}`),
  );
});

test("a flow tells what every handler made of its events, and why one is missing", async (t) => {
  const { log } = await orderWithoutInvoice();
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body: flow } = await get("/flows/flow-1");
  assert.equal(flow.complete, false);
  assert.deepEqual(
    flow.events.map(({ key, handlers }: { key: string; handlers: { outcome: string }[] }) => [
      key,
      handlers.map(({ outcome }) => outcome),
    ]),
    [["order/0/0", ["dead"]]],
  );
  assert.deepEqual((await get("/flows/e-1")).body, flow);
  assert.equal((await get("/flows?subject=o-1")).body.flows.length, 1);
  const { body: absence } = await get("/flows/flow-1/absence?wanted=invoice");
  assert.equal(absence.verdict, "failed");
  assert.match(absence.sentence, /^There is no invoice\.created: billing\/create-invoice failed for good/);
  assert.deepEqual(absence.hop, { key: "order/0/0", service: "billing", handler: "create-invoice" });
});

test("what is not there, and what cannot be asked, is a problem with its code", async (t) => {
  const { get, app } = await testControl(t, new SmallLog().log);
  const codeOf = async (path: string) => {
    const { status, body } = await get(path);
    assert.equal(body.status, status);
    return [status, body.code];
  };
  assert.deepEqual(await codeOf("/flows/nothing"), [404, "CONTROL_NOT_FOUND"]);
  assert.deepEqual(await codeOf("/flows"), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual(await codeOf("/lag/nobody"), [404, "CONTROL_NOT_FOUND"]);
  assert.deepEqual(await codeOf("/failures?limit=many"), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual(await codeOf("/failures?colour=red"), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual(await codeOf("/failures?cursor=%27"), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual(await codeOf("/no/such/route"), [404, "CONTROL_NO_ROUTE"]);
  const answer = await app.inject({ method: "GET", url: "/api/v1/flows/%ZZ" });
  assert.equal(answer.statusCode, 400);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
});

test("lag is told once it is sampled, and an index says how far it is", async (t) => {
  const { log } = await orderWithoutInvoice();
  const { get, indexer } = await testControl(t, log);
  assert.equal((await get("/index")).body.blind, "the index is empty");
  await indexer.catchUp();
  const { body: index } = await get("/index");
  assert.equal(index.behind, 0);
  while ((await get("/lag")).body.sampledAtMs === null) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual((await get("/lag")).body.groups, []);
});

test("a flow that is watched is sent again when it changes", async (t) => {
  const small = await orderWithoutInvoice();
  const { app, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const url = await app.listen({ port: 0 });
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/v1/flows/flow-1/live`, { signal: leaving.signal });
  assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
  const outcomes: string[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data === undefined) continue;
      outcomes.push(JSON.parse(data).events[0].handlers[0].outcome);
      if (outcomes.length === 2) break;
      await small.told("billing", "create-invoice", "order", 0, {
        outcome: "applied",
        failureId: "failure-billing-0",
        atMs: Date.now(),
      });
      await indexer.catchUp();
    }
    if (outcomes.length === 2) break;
  }
  leaving.abort();
  assert.deepEqual(outcomes, ["dead", "applied"]);
});

test("the document of the API names every route, and another server answers below its prefix", async (t) => {
  const registry = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  const mount = {
    prefix: "/registry",
    handle: (request: IncomingMessage, response: ServerResponse) => void registry.emit("request", request, response),
  };
  const { get, app } = await testControl(t, new SmallLog().log, { mounts: [mount] });
  const { body } = await get("/openapi.json");
  assert.ok(Object.keys(body.paths).length >= 8);
  for (const path of Object.keys(body.paths)) assert.match(path, /^\/api\/v1\//);
  await app.listen({ port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/registry/subjects/a?deleted=true`, { method: "DELETE" });
  assert.equal(await answer.text(), "DELETE /subjects/a?deleted=true");
});
