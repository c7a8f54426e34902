import assert from "node:assert/strict";
import { test } from "node:test";
import { auditTopic, announcedContracts, contractsRecord, servicesTopic, type ServiceContracts } from "throughline/system-topics";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

const routes = [
  "/overview",
  "/services",
  "/services/billing",
  "/map",
  "/catalogue",
  "/catalogue/order.completed",
  "/catalogue/asyncapi.json",
  "/catalogue/xregistry.json",
  "/search?q=billing",
  "/failures",
  "/failures/failure-billing-0",
  "/failure-groups",
  "/events",
  "/events/order/0/0",
  "/flows/flow-1",
  "/lag",
  "/audit",
];

test("whatever anybody writes to the topics of services and the audit, every question has an answer", async (t) => {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small, "create-invoice");
  await small.append(orderRecord('{"order_id":"o-1","total":1}'));
  const attempt = { startedAtMs: 1, instance: "b", version: "1" };
  const last = { ...attempt, endedAtMs: 2, error: { name: "Error", code: null, message: "no", stack: null } };
  const attempts = [null, { startedAtMs: "?", instance: 1 }, { ...attempt, error: { name: 7, stack: {} } }, last];
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: atMs, attempts: attempts as never });
  const odd = {
    service: "billing",
    instance: "x",
    version: "1",
    state: "running",
    startedAtMs: atMs,
    atMs,
    handlers: [],
    publishes: [],
  };
  for (const part of [
    { controls: [null] },
    { controls: "many" },
    { outbox: "full" },
    { outbox: { waiting: "?", stoppedSubjects: [], oldestMs: {} } },
    { answers: [{ sentence: 7 }] },
    { publishes: [7, null] },
    { handlers: [{ name: "h", types: [null], streams: [], replays: [] }] },
    { owner: {} },
    { formerNames: [null] },
    { state: "flying" },
    { contracts: 7 },
  ])
    await small.append({
      topic: servicesTopic,
      key: Buffer.from(`billing/${JSON.stringify(part)}`),
      value: Buffer.from(JSON.stringify({ ...odd, ...part })),
      headers: [],
    });
  for (const contracts of [
    { publishes: [{ type: 7, version: "x", stream: null, subject: {}, schema: { $ref: "#" } }], handlers: [] },
    { publishes: [], handlers: [{ name: "h", order: "any", reads: [{ type: "order.completed", schema: {}, lifts: null }] }] },
  ])
    await small.append(contractsRecord(announcedContracts("odd", contracts as unknown as ServiceContracts)));
  for (const entry of [
    { action: "acknowledge", about: "x", id: { a: 1 }, by: "b", atMs, reason: 7 },
    { action: "acknowledge", about: "x", id: "y", by: "b", atMs: 1e308, reason: null },
  ])
    await small.append({ topic: auditTopic, key: null, value: Buffer.from(JSON.stringify(entry)), headers: [] });
  const { get, indexer, app } = await testControl(t, small.log);
  await indexer.catchUp();
  for (const path of routes) {
    const { status, body } = await get(path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  }
  const { body: failure } = await get("/failures/failure-billing-0");
  assert.deepEqual(failure.attempts, [
    { ...attempt, endedAtMs: null, error: { name: "Error", code: null, message: "", stack: null } },
    last,
  ]);
  assert.equal((await app.inject({ url: "/metrics" })).statusCode, 200);
  // What has not the form is counted, and named in the overview.
  const { body } = await get("/overview");
  assert.match(
    body.broken.find(({ id }: { id: string }) => id === `undecodable:${servicesTopic}`).sentence,
    /^1[01] records of throughline\.services cannot be read/,
  );
});

test("numbers that are no times and answers of no form keep no list from its end, and no question from its answer", async (t) => {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small, "create-invoice");
  await small.append(orderRecord('{"order_id":"o-1","total":1}'));
  const numbers = [-1, -7.25, 1.5, 2 ** 53 + 2, -(2 ** 63), 1e300];
  const origin = { topic: "order", topicId: "gone", partition: 0, timestampMs: atMs };
  let offset = 0;
  const letter = (part: object) =>
    small.letter("billing", "create-invoice", "order", 0, {
      failureId: `odd-${offset}`,
      failedAtMs: atMs,
      origin: { ...origin, offset: offset++ },
      ...part,
    });
  for (const number of numbers) {
    await letter({ failedAtMs: number });
    await letter({ failedAtMs: number });
    await letter({ attemptsOmitted: number });
  }
  await letter({ attemptsOmitted: {} });
  const dead = { outcome: "dead", atMs } as const;
  for (const number of numbers) {
    await small.told("billing", "create-invoice", "order", 0, { ...dead, atMs: number });
    await small.told("billing", "create-invoice", "order", 0, { ...dead, dueAtMs: number, attempt: number });
    for (const entry of [
      { action: "acknowledge", about: "x", id: number, by: "b", atMs, reason: number },
      { action: "redrive", service: "billing", handler: "create-invoice", failureId: "odd-0", by: "b", atMs: number },
    ])
      await small.append({ topic: auditTopic, key: null, value: Buffer.from(JSON.stringify(entry)), headers: [] });
  }
  for (const error of [null, "no", { name: 7 }, { name: "E", code: {}, message: "m" }])
    await small.told("billing", "create-invoice", "order", 0, { ...dead, error: error as never });
  const { get, indexer, app } = await testControl(t, small.log);
  await indexer.catchUp();
  for (const path of [...routes.filter((one) => !one.includes("failure-billing")), "/flows?subject=o-1"]) {
    const { status, body } = await get(path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  }
  assert.equal((await app.inject({ url: "/metrics" })).statusCode, 200);
  const found = new Set<string>();
  const whole = (await get("/failures?limit=500")).body.items.length;
  for (let cursor: string | null = "", pages = 0; cursor !== null; pages += 1) {
    assert.ok(pages < 20, "the list ends");
    const page: { items: { failureId: string }[]; next: string | null } = (
      await get(`/failures?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`)
    ).body;
    for (const { failureId } of page.items) found.add(failureId);
    cursor = page.next;
  }
  assert.equal(found.size, whole);
  const payload = { action: "redrive", selection: { query: {} } };
  const plan = await app.inject({ method: "POST", url: "/api/v1/redrive-plans", payload });
  assert.equal(plan.statusCode, 201, plan.body);
});

test("what no contract tells of shows its headers' names, and no value that may be personal", async (t) => {
  const small = new SmallLog();
  const record = orderRecord("{}");
  await small.append({ ...record, headers: [...record.headers, ["x-user", Buffer.from("ada@example.org")]] });
  await small.append({ topic: "order", key: Buffer.from("ada@example.org"), value: Buffer.from("?"), headers: [] });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const first = (await get("/events/order/0/0")).body;
  assert.deepEqual(first.headers.at(-1), { name: "x-user", value: null, isHidden: true });
  assert.equal(first.key.text, "o-1");
  assert.doesNotMatch(JSON.stringify([first, (await get("/events/order/0/1")).body]), /example\.org/);
  assert.match(JSON.stringify((await get("/events/order/0/1?unmasked=true")).body), /ada@example\.org/);
});
