import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Grant } from "../src/access/grants.ts";
import { guardedControl } from "./access-fixture-http.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

const atMs = Date.now() - 5_000;

/** Orders publishes; billing ships its lines, notifications does not. */
async function filled(log = new SmallLog()): Promise<SmallLog> {
  const of = { correlationId: "flow-1", eventId: "e-1" };
  await log.event({ id: "e-1", type: "order.completed", atMs });
  const types = [{ type: "order.completed", version: 1 }];
  await log.announce("billing", [{ name: "invoice", types }], { shipsLogs: { level: "info" }, atMs });
  await log.announce("notifications", [{ name: "mail", types }], { atMs });
  await log.lines("billing", [
    { ...of, atMs: atMs + 1, handler: "invoice", attempt: 1, level: "warn", message: "Card is slow", traceId: "a".repeat(32) },
    { ...of, atMs: atMs + 2, handler: "invoice", attempt: 2, level: "error", message: "no card", fields: { code: "CARD_GONE" } },
  ]);
  await log.lines("gateway", [{ correlationId: "flow-1", atMs: atMs - 9, message: "POST /orders" }], {
    dropped: { count: 40, fromMs: atMs - 500, toMs: atMs },
  });
  return log;
}

async function control(t: TestContext, log: SmallLog) {
  const made = await testControl(t, log.log);
  await made.indexer.catchUp();
  return made;
}
// oxlint-disable-next-line typescript/no-explicit-any -- the body of an answer
const messages = ({ items }: any): string[] => items.map(({ message }: { message: string }) => message);

test("a flow's lines come with who ships none, and with what was dropped about then", async (t) => {
  const { get } = await control(t, await filled());
  const { status, body } = await get("/flows/flow-1/logs");
  assert.equal(status, 200);
  assert.deepEqual(messages(body), ["POST /orders", "Card is slow", "no card"]);
  assert.deepEqual(body.services, [
    { service: "billing", ships: "yes" },
    { service: "gateway", ships: "yes" },
    { service: "notifications", ships: "no" },
  ]);
  assert.deepEqual(body.gaps, [{ service: "gateway", instance: "gateway-1", count: 40, fromMs: atMs - 500, toMs: atMs }]);
  assert.deepEqual(body.items[2].fields, { code: "CARD_GONE" });
  assert.deepEqual([body.items[1].traceId, body.items[1].attempt, body.next], ["a".repeat(32), 1, null]);
});

test("lines are narrowed by event, level, text, handler and attempt, and come page by page", async (t) => {
  const { get } = await control(t, await filled());
  const of = async (query: string) => messages((await get(`/flows/flow-1/logs?${query}`)).body);
  assert.deepEqual(await of("event=e-1"), ["Card is slow", "no card"]);
  assert.deepEqual(await of("level=error"), ["no card"]);
  assert.deepEqual(await of("text=card"), ["Card is slow", "no card"]);
  assert.deepEqual(await of("text=card_gone"), ["no card"]);
  assert.deepEqual(await of("service=billing&handler=invoice&attempt=1"), ["Card is slow"]);
  assert.deepEqual(await of("text=nowhere"), []);
  const first = (await get("/flows/flow-1/logs?limit=2")).body;
  assert.deepEqual(messages(first), ["POST /orders", "Card is slow"]);
  assert.deepEqual(await of(`limit=2&cursor=${encodeURIComponent(first.next)}`), ["no card"]);
  for (const bad of ["level=loud", "limit=0", "limit=1001", "cursor=x", "attempt=-1", "text=", "nonsense=1"])
    assert.equal((await get(`/flows/flow-1/logs?${bad}`)).status, 400, bad);
});

test("a flow is found by the id of an event and by a story without events; what nobody knows is not found", async (t) => {
  const log = await filled();
  await log.lines("gateway", [{ correlationId: "only-a-request", message: "refused", atMs }]);
  const { get } = await control(t, log);
  assert.equal((await get("/flows/e-1/logs")).body.items.length, 3);
  assert.deepEqual(messages((await get("/flows/only-a-request/logs")).body), ["refused"]);
  assert.deepEqual((await get("/flows/only-a-request/logs?level=error")).body.items, []);
  assert.equal((await get("/flows/nothing/logs")).status, 404);
});

test("each sees the lines of services that it may see, and no word of others", async (t) => {
  const { app, indexer, bearer, log } = await guardedControl(t);
  await filled(new SmallLog(log));
  await indexer.catchUp();
  const ask = async (query: string, ...grants: Grant[]) => {
    const answer = await app.inject({ url: `/api/v1/flows/flow-1/logs${query}`, headers: await bearer(grants) });
    return { status: answer.statusCode, body: answer.json() };
  };
  const everything = await ask("", { role: "viewer", services: null });
  assert.equal(everything.body.items.length, 3);
  const billing = await ask("", { role: "viewer", services: ["billing"] });
  assert.deepEqual(messages(billing.body), ["Card is slow", "no card"]);
  assert.deepEqual(billing.body.services, [{ service: "billing", ships: "yes" }]);
  assert.deepEqual(billing.body.gaps, []);
  assert.equal((await ask("?service=gateway", { role: "viewer", services: ["billing"] })).status, 403);
  assert.equal((await ask("", { role: "viewer", services: ["stock"] })).status, 404);
  assert.equal((await app.inject({ url: "/api/v1/flows/flow-1/logs" })).statusCode, 401);
});
