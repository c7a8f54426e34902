import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createMemoryLog, createMemoryStore, createService, defineEvent, type MemoryLog } from "throughline";
import { auditTopic, commandsTopic } from "throughline/system-topics";
import { auditOf } from "./access-fixture.ts";
import { orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { guardedControl } from "./access-fixture-http.ts";
import { SmallLog } from "./small-log.ts";

const OrderCompleted = defineEvent<"order.completed", { order_id: string }>("order.completed", {
  version: 1,
  subject: "order_id",
  data: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
});

/** A control plane beside a service "billing" of two instances that runs. */
async function beside(t: TestContext) {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const store = createMemoryStore();
  await log.createTopics([{ name: "order" }]);
  for (const instance of ["billing-1", "billing-2"]) {
    const service = createService({
      name: "billing",
      instance,
      eventLog: log.connect(),
      store: store.connect(),
      from: "earliest",
      publishes: [OrderCompleted],
      log: { silent: true },
    });
    service.on(OrderCompleted, "create-invoice", () => undefined);
    const running = await service.start();
    t.after(() => running.close());
  }
  const control = await testControl(t, log);
  const post = async (path: string, payload: object) => {
    const answer = await control.app.inject({ method: "POST", url: `/api/v1${path}`, payload });
    // oxlint-disable-next-line typescript/no-explicit-any -- each test asserts its shape
    return { status: answer.statusCode, body: answer.json<any>() };
  };
  /** Asks again, with the index moved on, until it is so. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test asserts its shape
  const until = async (path: string, isSo: (body: any) => boolean) => {
    for (const endsAt = Date.now() + 20_000; ;) {
      await control.indexer.catchUp();
      const { body } = await control.get(path);
      if (isSo(body)) return body;
      if (Date.now() > endsAt) throw new Error(`it did not come: ${JSON.stringify(body)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until("/services", ({ items }) => items?.[0]?.instances === undefined || items.length > 0);
  await until("/index", ({ blind }) => blind === null);
  return { ...control, log, post, until };
}

test("a pause is shown, confirmed, carried out by all instances, and told; and so is its end", async (t) => {
  const { post, until, log } = await beside(t);
  const order = { command: "pause", service: "billing", handler: "create-invoice", untilMs: Date.now() + 3_600_000 };
  const { body: reach } = await post("/commands/reach", order);
  assert.match(
    reach.sentence,
    /^This pauses billing\/create-invoice until .*Z: no new events.*It is one handler: \d+ events lie before/,
  );
  assert.deepEqual(reach.instances.toSorted(), ["billing-1", "billing-2"]);
  assert.deepEqual(
    [reach.handlers[0].name, reach.handlers[0].dead, reach.refused, reach.warnings],
    ["create-invoice", 0, [], []],
  );
  assert.deepEqual((await log.topics()).filter(({ name }) => name === commandsTopic || name === auditTopic).length <= 2, true);
  assert.deepEqual(await auditOf(log), [], "looking writes nothing");
  const asked = await post("/commands", { confirm: reach.confirm, reason: "wrong totals" });
  assert.equal(asked.status, 202);
  const done = await until(`/commands/${asked.body.id}`, ({ state, waitingFor }) => state === "done" && waitingFor.length === 0);
  assert.match(done.answer, /^handler "create-invoice" is paused by local until .*: wrong totals$/);
  assert.deepEqual(done.appliedBy.toSorted(), ["billing-1", "billing-2"]);
  const again = (await post("/commands/reach", { ...order, untilMs: null })).body;
  assert.match(again.warnings.join(), /it stands already, and this takes its place: .* is paused by local/);
  const { body: resume } = await post("/commands/reach", { command: "resume", service: "billing" });
  const resumed = await post("/commands", { confirm: resume.confirm, reason: "mended" });
  await until(`/commands/${resumed.body.id}`, ({ state }) => state === "done" || state === "refused");
  const entries = (await auditOf(log)).map((entry) => [entry.action, entry.by, entry.outcome, entry.reason]);
  assert.deepEqual(entries.slice(0, 2), [
    ["pause", "local", undefined, "wrong totals"],
    ["pause", "local", "done", "wrong totals"],
  ]);
  const { items } = await until("/commands", () => true);
  assert.deepEqual(
    items.map(({ command }: { command: string }) => command),
    ["resume", "pause"],
  );
});

test("before a hold it is told what is known of its subject or tenant, so that a name written wrong is seen", async (t) => {
  const { post, log, indexer } = await beside(t);
  await log.append(["o-1", "o-2", "o-2"].map((subject, n) => orderRecord("{}", { id: `e-${n}`, subject, tenantId: "acme" })));
  const small = new SmallLog(log);
  for (const offset of [0, 1, 2]) await small.letter("billing", "create-invoice", "order", offset, { failedAtMs: Date.now() });
  await indexer.catchUp();
  const reach = async (more: object) => (await post("/commands/reach", { command: "hold", service: "billing", ...more })).body;
  const known = await reach({ subject: "o-2" });
  assert.match(
    known.sentence,
    / 2 events of it are known, the last order\.completed of .*Z\. 2 failed events of it, of 1 subject, wait/,
  );
  assert.deepEqual(known.warnings, []);
  assert.match((await reach({ tenant: "acme" })).sentence, / 3 failed events of it, of 2 subjects, wait for an answer\.$/);
  assert.match((await reach({ subject: "O-2" })).warnings.join(), /no event of subject "O-2" is known/);
});

test("who confirms twice, or at once, asks once", async (t) => {
  const { post, log } = await beside(t);
  const { body: reach } = await post("/commands/reach", { command: "hold", service: "billing", subject: "o-1" });
  const confirm = { confirm: reach.confirm, reason: "by hand" };
  const asked = await Promise.all([post("/commands", confirm), post("/commands", confirm)]);
  asked.push(await post("/commands", confirm));
  assert.deepEqual([...new Set(asked.map(({ status }) => status))], [202]);
  assert.equal(new Set(asked.map(({ body }) => body.id)).size, 1);
  assert.deepEqual(
    (await log.offsets(commandsTopic)).map(({ end }) => end),
    [1],
  );
});

test("nothing is asked for that was not shown: bent, of another kind, or in vain", async (t) => {
  const { post, log } = await beside(t);
  const { body: reach } = await post("/commands/reach", {
    command: "limit",
    service: "billing",
    handler: "create-invoice",
    perSecond: 5,
  });
  assert.equal(
    (await post("/commands", { confirm: `${reach.confirm.slice(0, -2)}AA`, reason: "x" })).body.code,
    "CONTROL_CONFIRM_OVER",
  );
  assert.equal((await post("/commands", { confirm: reach.confirm, reason: "  " })).status, 400);
  assert.equal((await post("/commands", { confirm: reach.confirm })).status, 400);
  const refusals: [object, RegExp][] = [
    [{ command: "pause", service: "billing", handler: "nobody" }, /has no handler "nobody"; it has create-invoice/],
    [{ command: "pause", service: "nobody" }, /nobody has announced no handler/],
    [{ command: "pause", service: "billing", untilMs: 1 }, /over before it began/],
    [{ command: "accept-loss", service: "billing", handler: "create-invoice" }, /has not stopped, so it has lost nothing/],
  ];
  for (const [order, why] of refusals) {
    const { body } = await post("/commands/reach", order);
    assert.match(body.refused.join(), why);
    assert.equal(body.confirm, null);
  }
  for (const order of [
    { command: "pause", service: "billing", subject: "o-1" },
    { command: "hold", service: "billing" },
    { command: "hold", service: "billing", subject: "o-1", tenant: "acme" },
    { command: "limit", service: "billing", handler: "create-invoice" },
    { command: "resume", service: "billing", untilMs: Date.now() + 60_000 },
    { command: "rename-service", service: "billing", to: "x" },
    { command: "limit", service: "billing", handler: "create-invoice", perSecond: 0 },
  ])
    assert.equal((await post("/commands/reach", order)).status, 400, JSON.stringify(order));
  assert.deepEqual(await auditOf(log), []);
});

test("what is shown to one is confirmed by nobody else, and only to operators of that service is anything shown to confirm", async (t) => {
  const { app, bearer, log, indexer } = await guardedControl(t);
  const service = createService({
    name: "billing",
    eventLog: (log as MemoryLog).connect(),
    store: createMemoryStore(),
    from: "earliest",
    publishes: [OrderCompleted],
    log: { silent: true },
  });
  await log.createTopics([{ name: "order" }]);
  service.on(OrderCompleted, "create-invoice", () => undefined);
  const running = await service.start();
  t.after(() => running.close());
  const [billing, other, shipping, viewer] = [
    await bearer([{ role: "operator", services: ["billing"] }]),
    await bearer([{ role: "operator", services: ["billing"] }]),
    await bearer([
      { role: "operator", services: ["shipping"] },
      { role: "viewer", services: null },
    ]),
    await bearer([{ role: "viewer", services: null }]),
  ];
  const post = (url: string, headers: Record<string, string>, payload: object) =>
    app.inject({ method: "POST", url: `/api/v1${url}`, headers, payload });
  const order = { command: "pause", service: "billing" };
  const forViewer = await post("/commands/reach", viewer, order);
  assert.deepEqual([forViewer.statusCode, forViewer.json<{ confirm: unknown }>().confirm], [200, null]);
  assert.equal((await post("/commands/reach", shipping, order)).json<{ confirm: unknown }>().confirm, null);
  assert.equal((await post("/commands/reach", billing, { ...order, service: "shipping" })).statusCode, 403);
  const reach = async () => (await post("/commands/reach", billing, order)).json<{ confirm: string | null }>().confirm;
  let mine = await reach();
  for (const endsAt = Date.now() + 20_000; mine === null && Date.now() < endsAt; mine = await reach()) await indexer.catchUp();
  // Events are of several services: who may see one of them is not told of what others publish.
  await log.append([orderRecord("{}", { id: "e-1", subject: "o-1" })]);
  await indexer.catchUp();
  const ofHold = async (headers: Record<string, string>) =>
    (await post("/commands/reach", headers, { ...order, command: "hold", subject: "o-1" })).json<{ sentence: string }>().sentence;
  assert.match(await ofHold(viewer), / 1 event of it is known, the last order\.completed/);
  assert.doesNotMatch(await ofHold(billing), /is known/);
  const confirm = { confirm: mine, reason: "x" };
  for (const somebody of [other, shipping]) {
    const answer = await post("/commands", somebody, confirm);
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [409, "CONTROL_CONFIRM_OVER"]);
  }
  assert.equal((await post("/commands", viewer, confirm)).statusCode, 403);
  assert.equal((await post("/commands", billing, confirm)).statusCode, 202);
  const seen = async (headers: Record<string, string>) =>
    (await app.inject({ url: "/api/v1/commands", headers })).json<{ items: object[] }>().items.length;
  const elsewhere = await bearer([{ role: "viewer", services: ["shipping"] }]);
  assert.deepEqual([await seen(viewer), await seen(elsewhere)], [1, 0]);
});
