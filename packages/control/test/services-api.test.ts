import assert from "node:assert/strict";
import { test } from "node:test";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

async function shop() {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small, "create-invoice");
  const pause = {
    id: "c-1",
    kind: "pause",
    handler: "count",
    subject: null,
    tenant: null,
    perSecond: null,
    reason: "the cube is rebuilt",
    by: "ada",
    atMs,
    untilMs: null,
  } as const;
  await small.announce("analytics", [{ name: "count", state: "paused", problem: "paused by ada" }], {
    atMs,
    version: "2.0.0",
    controls: [pause],
    outbox: { waiting: 3, oldestMs: atMs - 1_000, stoppedSubjects: 0 },
    answers: [{ commandId: "c-1", state: "done", sentence: "count is paused", atMs }],
  });
  await small.announce("mailer", [], { atMs: atMs - 600_000 });
  for (let n = 0; n < 30; n++) await small.append(orderRecord('{"order_id":"o-1","total":1}', { id: `e-${n}` }));
  await small.append(orderRecord("{}", { id: "early", atMs: atMs - 3_600_000 }));
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: atMs });
  return small;
}

test("services are listed with what each does, and one is shown whole", async (t) => {
  const { log } = await shop();
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body: list } = await get("/services");
  const states = Object.fromEntries(list.items.map(({ service, state }: { service: string; state: string }) => [service, state]));
  assert.deepEqual(states, { analytics: "running", billing: "running", mailer: "silent", orders: "running" });
  const billing = list.items.find(({ service }: { service: string }) => service === "billing");
  assert.deepEqual([billing.unanswered, billing.handlers, billing.owner], [1, 1, "team-billing"]);
  const { body } = await get("/services/analytics");
  assert.equal(body.handlers[0].state, "paused");
  assert.match(body.handlers[0].controls[0], /"count" is paused by ada: the cube is rebuilt/);
  assert.match(body.controls[0].sentence, /the cube is rebuilt/);
  assert.equal(body.outbox.waiting, 3);
  assert.equal(body.answers[0].sentence, "count is paused");
  assert.deepEqual(
    body.deploys.map(({ version }: { version: string }) => version),
    ["2.0.0"],
  );
  assert.equal((await get("/services/orders")).body.published[0].events, 30);
  assert.equal((await get("/services/nobody")).status, 404);
});

test("the map tells who publishes what to whom, at which rate, and what of it does not work", async (t) => {
  const { log } = await shop();
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body: map } = await get("/map?windowMs=600000");
  const edges = map.edges.map(({ from, to, handler, type, events, health }: Record<string, unknown>) => [
    from,
    to,
    handler,
    type,
    events,
    health,
  ]);
  assert.deepEqual(edges, [
    ["orders", "analytics", "count", "order.completed", 30, "stopped"],
    ["orders", "billing", "create-invoice", "order.completed", 30, "failing"],
  ]);
  assert.equal(map.edges[0].perSecond, 30 / 600);
  const health = Object.fromEntries(map.nodes.map((node: { name: string; health: string }) => [node.name, node.health]));
  assert.deepEqual(health, { analytics: "stopped", billing: "failing", mailer: "stopped", orders: "ok" });
});

test("for one tenant the map tells its failures, and how well it goes for it; rates stay those of all", async (t) => {
  const small = await shop();
  await small.append(orderRecord("{}", { id: "e-acme", subject: "o-9", tenantId: "acme" }));
  await small.letter("billing", "create-invoice", "order", 31, { failedAtMs: Date.now(), failureId: "f-acme" });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const billing = async (query: string) => {
    const { edges } = (await get(`/map?windowMs=600000${query}`)).body;
    const { unanswered, health, events } = edges.find(({ to }: { to: string }) => to === "billing");
    return [unanswered, health, events];
  };
  assert.deepEqual(await billing(""), [2, "failing", 31]);
  assert.deepEqual(await billing("&tenantId=acme"), [1, "failing", 31]);
  assert.deepEqual(await billing("&tenantId=zenith"), [0, "unknown", 31]);
});
