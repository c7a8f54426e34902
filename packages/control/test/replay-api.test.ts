import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { createMemoryLog, createMemoryStore, createService, defineEvent, jsonSchema, type MemoryLog } from "throughline";
import { type Command, type HandlerAnnouncement, readCommand } from "throughline/system-topics";
import { readTopic } from "@throughline/control/reading";
import { testControl, type TestControl } from "./control-server.ts";
import { eventRecord, SmallLog } from "./small-log.ts";

interface Asked extends TestControl {
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  post(path: string, body?: object): Promise<{ readonly status: number; readonly body: any }>;
}

async function control(t: TestContext, log: MemoryLog): Promise<Asked> {
  const made = await testControl(t, log);
  return {
    ...made,
    post: async (path, body = {}) => {
      const answer = await made.app.inject({ method: "POST", url: `/api/v1${path}`, payload: body });
      return { status: answer.statusCode, body: answer.json() };
    },
  };
}

async function commandsOn(log: MemoryLog): Promise<Command[]> {
  const commands: Command[] = [];
  for await (const { value } of readTopic(log, "throughline.commands")) commands.push(readCommand(value)!);
  return commands;
}

const startMs = Date.now() - 10 * 60_000;
const rerun = { service: "billing", handler: "create-invoice", kind: "rerun" };

/** Six orders, a minute apart; billing handles those that are completed. */
async function sixOrders(t: TestContext, handler: Partial<HandlerAnnouncement> = {}): Promise<Asked & { log: MemoryLog }> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const small = new SmallLog(log);
  await small.announce("billing", [{ name: "create-invoice", ...handler }], { atMs: Date.now() });
  for (let n = 0; n < 6; n++) {
    const type = n % 3 === 0 ? "order.created" : "order.completed";
    await small.event({ id: `e-${n}`, type, subject: `o-${n % 2}`, atMs: startMs + n * 60_000 });
  }
  const asked = await control(t, log);
  await asked.indexer.catchUp();
  return { ...asked, log };
}

test("a plan counts what the handler would be given, says what does not happen, and writes nothing", async (t) => {
  const { post, log } = await sixOrders(t, { kind: "call" });
  const { status, body: plan } = await post("/replays/plan", rerun);
  assert.equal(status, 200);
  assert.deepEqual([plan.records, plan.handed, plan.counted], [6, { "order.completed": 4 }, { records: 6, isWhole: true }]);
  assert.deepEqual(plan.notes, [
    "create-invoice goes on in live; the replay has an epoch of its own and never becomes live.",
    'Its call does not run in a replay unless the handler says replay: "run".',
    "What it publishes is suppressed.",
  ]);
  assert.deepEqual(plan.refused, []);
  assert.deepEqual(await commandsOn(log), []);
  assert.ok(!(await log.topics()).some(({ name }) => name === "throughline.audit"));
});

test("a plan counts within times, subjects, types and offsets, and knows how long it takes at its rate", async (t) => {
  const { post } = await sixOrders(t);
  const count = async (part: object) => {
    const { body } = await post("/replays/plan", { ...rerun, ...part });
    return [body.records, body.handed["order.completed"] ?? 0];
  };
  assert.deepEqual(await count({ fromMs: startMs + 2 * 60_000 }), [4, 3]);
  assert.deepEqual(await count({ toMs: startMs + 2 * 60_000 }), [2, 1]);
  assert.deepEqual(await count({ subjects: ["o-0"] }), [6, 2]);
  assert.deepEqual(await count({ types: ["order.created"] }), [6, 0]);
  assert.deepEqual(await count({ places: [{ topic: "order", partition: 0, fromOffset: 1, toOffset: 3 }] }), [2, 2]);
  const { body } = await post("/replays/plan", { ...rerun, ratePerSecond: 2, countWithinMs: 0 });
  assert.deepEqual([body.lastsMs, body.handed, body.counted], [3_000, null, null]);
});

test("the requests that the guide shows are ones, as soon as there is such a handler", async (t) => {
  const { post } = await sixOrders(t);
  const guide = readFileSync(new URL("../../../docs/guide/replay-from-the-console.md", import.meta.url), "utf8");
  const shown = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text!) as object);
  assert.equal(shown.length, 2);
  for (const request of shown) {
    const { status, body } = await post("/replays/plan", request);
    assert.deepEqual([status, body.refused], [200, []]);
  }
});

test("a plan says first when its range is older than the log", async (t) => {
  const { post, log } = await sixOrders(t);
  log.trim("order", 0, 2);
  const { body } = await post("/replays/plan", rerun);
  assert.equal(body.records, 4);
  const began = new Date(startMs + 2 * 60_000).toISOString();
  assert.equal(
    body.notes[0],
    `The range is older than the log: 2 records at its beginning were removed by retention; the log begins ${began}.`,
  );
  assert.deepEqual((await post("/replays/plan", { ...rerun, fromMs: startMs + 3 * 60_000 })).body.gone, []);
  const place = { topic: "order", partition: 0, fromOffset: 1 };
  assert.equal((await post("/replays/plan", { ...rerun, places: [place] })).body.gone[0].records, 1);
});

test("what the service would refuse is refused with every reason, and neither asked for nor audited", async (t) => {
  const replay = { commandId: "r-1", epoch: 2, kind: "rerun", problem: null, done: 0, total: 9, ratePerSecond: null } as const;
  const { post, log } = await sixOrders(t, { replays: [{ ...replay, state: "paused", remainingMs: null }] });
  const wrong = {
    ...rerun,
    kind: "rebuild",
    fromMs: 2,
    toMs: 1,
    types: [],
    places: [
      { topic: "invoice" },
      { topic: "order", fromOffset: 5 },
      { topic: "order", partition: 0, fromOffset: 5, toOffset: 5 },
    ],
  };
  const { status, body } = await post("/replays", { ...wrong, reason: "totals" });
  assert.deepEqual([status, body.code], [409, "CONTROL_REPLAY_REFUSED"]);
  for (const reason of [
    "another replay of create-invoice is not done yet (r-1, paused); cancel it, or wait for it",
    "a rebuild reads everything up to now",
    "its range ends before it begins",
    "its filter is an empty list",
    "create-invoice does not read invoice; it reads order",
    "offsets of order need a partition",
    "order/0 ends before it begins",
  ])
    assert.ok(body.detail.includes(reason), `${reason} in ${body.detail}`);
  assert.equal((await post("/replays/plan", wrong)).body.refused.length, 7);
  assert.deepEqual(await commandsOn(log), []);
});

test("a handler or a replay that there is not, and a request that cannot be, are told from each other", async (t) => {
  const { post, get } = await sixOrders(t);
  const codeOf = async (path: string, body: object) => {
    const answer = await post(path, body);
    return [answer.status, answer.body.code];
  };
  assert.deepEqual(await codeOf("/replays/plan", { ...rerun, handler: "none" }), [404, "CONTROL_NOT_FOUND"]);
  assert.deepEqual(await codeOf("/replays/plan", { ...rerun, service: "none" }), [404, "CONTROL_NOT_FOUND"]);
  assert.deepEqual(await codeOf("/replays/r-0/pause", {}), [404, "CONTROL_NOT_FOUND"]);
  assert.equal((await get("/replays/r-0")).status, 404);
  for (const wrong of [
    { kind: "backfill" },
    { ratePerSecond: 0 },
    { reason: "" },
    { reason: " " },
    { id: "mine" },
    { since: 1 },
    { places: [{ topic: "order", partition: -1 }] },
    { places: [{ topic: "order", partition: 0, fromOffset: 1e300 }] },
    { fromMs: 1e300 },
    { fromMs: -1 },
    { ratePerSecond: 1e-300 },
  ])
    assert.deepEqual(await codeOf("/replays", { ...rerun, reason: "totals", ...wrong }), [400, "CONTROL_REQUEST_INVALID"]);
});

test("commands that anybody wrote, and that are none, hide no replay", async (t) => {
  const { get, log, post } = await sixOrders(t);
  const { body } = await post("/replays", { ...rerun, reason: "totals" });
  for (const text of ["null", "7", "no JSON", '{"command":"replay"}', '{"command":"replay","commandId":"x","range":null}'])
    await log.append([{ topic: "throughline.commands", key: Buffer.from(text), value: Buffer.from(text), headers: [] }]);
  const { status, body: list } = await get("/replays");
  assert.equal(status, 200);
  assert.deepEqual(
    list.items.map(({ id }: { id: string }) => id),
    [body.id],
  );
});

test("a handful of counts run at once, and whoever asks for more is told to wait", async (t) => {
  const { post, log } = await sixOrders(t);
  const held = Promise.withResolvers<void>();
  const { offsets } = log;
  log.offsets = async (topic) => (await held.promise, offsets.call(log, topic));
  const plans = Array.from({ length: 5 }, () => post("/replays/plan", rerun));
  const first = await Promise.race(plans);
  assert.deepEqual([first.status, first.body.code], [503, "CONTROL_BUSY"]);
  held.resolve();
  const statuses = (await Promise.all(plans)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [200, 200, 200, 200, 503]);
  assert.equal((await post("/replays/plan", rerun)).status, 200);
});

const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: jsonSchema<{ order_id: string }>({
    type: "object",
    properties: { order_id: { type: "string" } },
    required: ["order_id"],
  }),
});

/** Billing, which runs, with ten orders of ten customers behind it. */
async function runningBilling(t: TestContext) {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const seen: string[] = [];
  await log.createTopics([{ name: "order" }]);
  const records = Array.from({ length: 10 }, (_, n) =>
    eventRecord({ id: `e-${n}`, type: "order.completed", subject: `o-${n}`, atMs: startMs + n * 1_000 }),
  );
  await log.append(records);
  const store = createMemoryStore();
  const billing = createService({ name: "billing", eventLog: log.connect(), store, from: "earliest", log: { silent: true } });
  billing.on(OrderCompleted, "create-invoice", async ({ subject }, ctx) => void seen.push(`${ctx.epoch} ${subject}`), {
    onReset: async () => void seen.push("reset"),
  });
  const running = await billing.start();
  const asked = await control(t, log);
  asked.indexer.start();
  t.after(() => running.close());
  await until(async () => seen.length === 10);
  await until(async () => (await asked.post("/replays/plan", rerun)).status === 200);
  return { ...asked, log, seen };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 30_000;
  while (!(await condition())) {
    assert.ok(Date.now() < endsAt, "it did not happen within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a rerun that is asked for twice runs once, beside live, and is told until it is done", async (t) => {
  const { post, get, log, seen } = await runningBilling(t);
  const id = randomUUID();
  const order = { ...rerun, id, subjects: ["o-3", "o-4"], reason: "totals were wrong" };
  const [first, second] = [await post("/replays", order), await post("/replays", order)];
  assert.deepEqual([first.status, second.status], [202, 202]);
  assert.deepEqual([first.body.id, first.body.state, first.body.by], [id, "asked", "local"]);
  await until(async () => (await get(`/replays/${id}`)).body.state === "done");
  assert.deepEqual(seen.slice(10).toSorted(), ["2 o-3", "2 o-4"]);
  const { body: replay } = await get(`/replays/${id}`);
  assert.deepEqual([replay.epoch, replay.done, replay.total, replay.isLive], [2, 10, 10, false]);
  assert.deepEqual([replay.sentence, replay.reason], ["Done: 10 events.", "totals were wrong"]);
  assert.equal((await commandsOn(log)).length, 1);
  const audit: object[] = [];
  for await (const { value } of readTopic(log, "throughline.audit")) audit.push(JSON.parse(Buffer.from(value!).toString()));
  const [{ action, service, handler, by, reason }] = audit as [Record<string, unknown>];
  assert.deepEqual([action, service, handler, by, reason], ["replay", "billing", "create-invoice", "local", order.reason]);
  const ended = await post(`/replays/${id}/cancel`);
  assert.deepEqual([ended.status, ended.body.code], [409, "CONTROL_ENDED"]);
});

test("a rebuild is paused, resumed and never cancelled, and hands over to live", async (t) => {
  const { post, get, log, seen, app } = await runningBilling(t);
  const { body } = await post("/replays", { ...rerun, kind: "rebuild", ratePerSecond: 20, reason: "new totals" });
  const path = `/replays/${body.id}`;
  const url = await app.listen({ port: 0 });
  const leaving = new AbortController();
  const live = await fetch(`${url}/api/v1/replays/live`, { signal: leaving.signal });
  const states = new Set<string>();
  const watching = (async () => {
    for await (const chunk of live.body!.pipeThrough(new TextDecoderStream()))
      for (const [, state] of chunk.matchAll(/"state":"(\w+)"/g)) states.add(state!);
  })().catch(() => undefined);
  await until(async () => (await get(path)).body.state === "running");
  await until(async () => states.has("running"));
  assert.equal((await post(`${path}/pause`, { reason: "the database is busy" })).status, 202);
  await until(async () => (await get(path)).body.state === "paused");
  await until(async () => states.has("paused"));
  const refused = await post(`${path}/cancel`);
  assert.deepEqual([refused.status, refused.body.code], [409, "CONTROL_REPLAY_REFUSED"]);
  assert.match((await get(path)).body.sentence, /^Paused: \d+ of 10 events/);
  assert.equal((await post(`${path}/resume`)).status, 202);
  await until(async () => (await get(path)).body.isLive);
  assert.match((await get(path)).body.sentence, /^Done: 10 events; create-invoice is live again\.$/);
  assert.equal(seen[10], "reset");
  assert.equal(new Set(seen.slice(11)).size, 10);
  await log.append([eventRecord({ id: "e-10", type: "order.completed", subject: "o-10" })]);
  await until(async () => seen.at(-1) === "2 o-10");
  await until(async () => states.has("done"));
  leaving.abort();
  await watching;
  assert.deepEqual(
    (await commandsOn(log)).map(({ command }) => command),
    ["replay", "replay-pause", "replay-resume"],
  );
});
