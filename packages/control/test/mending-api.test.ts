import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createMemoryLog, createMemoryStore, createService, type EventContract, PermanentError } from "throughline";
import { readRedriveRequest } from "throughline/system-topics";
import type { RegistryVersion, SchemaRegistry } from "throughline/seams";
import { checkEdit } from "../src/redrive/edit/check-edit.ts";
import { WrittenDataReader } from "../src/payload/written-data.ts";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { indexerOf } from "./index-suite.ts";
import { SmallLog } from "./small-log.ts";
import { testControl } from "./control-server.ts";
import { OrderCompleted, until } from "./failing-billing.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
type Answer = { readonly status: number; readonly body: any };

/** A service that could not handle some payloads, which stand in the log as they were written. */
async function failing(t: TestContext, payloads: readonly string[]) {
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  const handled: unknown[] = [];
  const service = createService({
    name: "billing",
    eventLog: log.connect(),
    store: createMemoryStore(),
    from: "earliest",
    publishes: [OrderCompleted as EventContract],
    log: { silent: true },
  });
  service.on(
    OrderCompleted,
    "create-invoice",
    ({ data }) => {
      if (data.total < 0) throw new PermanentError("a total below zero");
      handled.push(data.total);
    },
    { retryDelaysMs: [] },
  );
  const running = await service.start();
  t.after(() => running.close());
  const header = (name: string, value: string) => [name, Buffer.from(value)] as const;
  for (const [n, payload] of payloads.entries())
    await log.append([
      {
        topic: "order",
        key: Buffer.from(`o-${n}`),
        value: Buffer.from(payload),
        headers: [
          header("ce_specversion", "1.0"),
          header("ce_id", `e-${n}`),
          header("ce_source", "orders"),
          header("ce_type", "order.completed"),
          header("ce_dataversion", "1"),
          header("content-type", "application/json"),
        ],
      },
    ]);
  const { app, indexer, get } = await testControl(t, log);
  const failures = async (): Promise<string[]> => {
    await indexer.catchUp();
    const { body } = await get("/failures?state=open");
    return body.items
      .toSorted((a: { origin: { offset: number } }, b: { origin: { offset: number } }) => a.origin.offset - b.origin.offset)
      .map(({ failureId }: { failureId: string }) => failureId);
  };
  await until("all failed", async () => (await failures()).length === payloads.length);
  await until("its contract is known", async () => {
    await indexer.catchUp();
    return (
      (await get("/failures")).body.items.length === payloads.length && (await log.offsets("throughline.services"))[0]!.end >= 2
    );
  });
  await indexer.catchUp();
  const post = async (path: string, body: unknown): Promise<Answer> => {
    const answer = await app.inject({ method: "POST", url: `/api/v1${path}`, payload: body as object });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { log, handled, get, post, ids: await failures() };
}

test("an edit changes one value, is checked by the handler's contract, and is redriven with all other bytes as they were", async (t) => {
  const payload = '{ "order_id":"o-0",\t"total": -1, "big": 12345678901234567890, "huge":1e400 }';
  const { log, handled, get, post, ids } = await failing(t, [payload]);
  const { status, body: check } = await post(`/failures/${ids[0]}/edit-check`, { changes: [{ pointer: "/total", json: "7" }] });
  const mended = payload.replace("-1", "7");
  assert.equal(status, 200);
  assert.deepEqual(check, {
    text: mended,
    writtenAs: "JSON",
    differences: [{ pointer: "/total", kind: "changed", before: "-1", after: "7" }],
    verdict: "valid",
    problems: [],
    checkedBy: { service: "billing", version: 1, in: "announcement" },
    why: null,
  });
  const { body: plan } = await post("/redrive-plans", {
    action: "redrive",
    selection: { failureIds: ids },
    payloadBase64: Buffer.from(check.text).toString("base64"),
  });
  assert.equal(plan.isEdit, true);
  await post(`/redrive-plans/${plan.id}/confirm`, { reason: "a total below zero was meant as credit" });
  await until("it is applied", async () => (await get(`/jobs/${plan.id}`)).body.counts.applied === 1);
  assert.deepEqual(handled, [7]);
  for await (const batch of log.read({ topic: "billing.redrive", partition: 0, fromOffset: 0 })) {
    const request = readRedriveRequest(batch[0]!.value)!;
    assert.equal(Buffer.from(request.editedValue!).toString(), mended);
    assert.equal(Buffer.from(request.original.value!).toString(), payload);
  }
});

test("an edit that the handler would not take says where, and no plan is made of it", async (t) => {
  const { post, ids } = await failing(t, ['{"order_id":"o-0","total":-1}']);
  const edit = (body: unknown): Promise<Answer> => post(`/failures/${ids[0]}/edit-check`, body);
  const invalid = (await edit({ changes: [{ pointer: "/total", json: '"seven"' }] })).body;
  assert.equal(invalid.verdict, "invalid");
  assert.deepEqual(
    invalid.problems.map(({ pointer }: { pointer: string }) => pointer),
    ["/total"],
  );
  assert.match((await edit({ text: "{total: 1}" })).body.problems[0].message, /is not JSON: at character 2/);
  const lost = await edit({ changes: [{ pointer: "/lines/0", json: "1" }] });
  assert.deepEqual([lost.status, lost.body.code], [422, "REDRIVE_EDIT_IMPOSSIBLE"]);
  assert.equal((await post("/failures/none/edit-check", { text: "{}" })).status, 404);
  const plan = await post("/redrive-plans", {
    action: "redrive",
    selection: { failureIds: ids },
    payloadBase64: Buffer.from('{"order_id":"o-0"}').toString("base64"),
  });
  assert.deepEqual([plan.status, plan.body.code], [422, "REDRIVE_EDIT_IMPOSSIBLE"]);
  assert.match(plan.body.detail, /\/total/);
});

test("a rehearsal says how many would pass a candidate schema, and why the others would not", async (t) => {
  const { post, ids } = await failing(t, [
    '{"order_id":"o-0","total":-1}',
    '{"order_id":"o-1","total":"12"}',
    '{"order_id":"o-2","total":"x"}',
    '{"order_id":"o-3","total":null}',
    '{"order_id":"o-4"}',
    "no JSON",
  ]);
  const schema = {
    type: "object",
    properties: { order_id: { type: "string" }, total: { type: ["integer", "string"] } },
    required: ["order_id", "total"],
    additionalProperties: false,
  };
  const { status, body } = await post("/rehearsals", { selection: { query: { service: "billing" } }, schema });
  assert.equal(status, 200);
  assert.deepEqual(
    [body.looked, body.passed, body.failed, body.unreadable, body.isMore],
    [6, 3, 2, 1, false],
    JSON.stringify(body),
  );
  assert.deepEqual(
    body.causes.map(({ pointer, count, example }: { pointer: string; count: number; example: string }) => [
      pointer,
      count,
      ids.indexOf(example),
    ]),
    [
      ["/total", 1, 4],
      ["/total", 1, 3],
    ],
  );
  const named = await post("/rehearsals", { selection: { failureIds: ids.slice(0, 2) }, schema });
  assert.deepEqual([named.body.looked, named.body.passed], [2, 2]);
  const broken = await post("/rehearsals", { selection: { query: {} }, schema: { type: "objekt" } });
  assert.deepEqual([broken.status, broken.body.code], [400, "REDRIVE_SCHEMA_INVALID"]);
});

test("an edit is checked by the registry where nobody announced a contract, and by its service alone where the registry is away", async (t) => {
  const log = new SmallLog();
  const at = await log.event({ id: "e-1", type: "order.completed" });
  await log.letter("billing", "create-invoice", "order", at, { failureId: "f-1" });
  const folder = mkdtempSync(join(tmpdir(), "edits-"));
  const index = openSqliteIndex(join(folder, "index.db"));
  t.after(async () => {
    await index.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await indexerOf({ log: log.log, store: index }).catchUp();
  const failure = (await index.failure("f-1"))!;
  const schema = JSON.stringify({
    type: "object",
    properties: { order_id: { type: "string", minLength: 3 } },
    required: ["order_id"],
  });
  const asked: string[] = [];
  let answer: () => Promise<RegistryVersion | null> = async () => ({
    schemaType: "JSON",
    schema,
    subject: "s",
    version: 1,
    id: 7,
  });
  const registry = {
    bySubject: (subject: string) => {
      asked.push(subject);
      return answer();
    },
  } as unknown as SchemaRegistry;
  const context = { log: log.log, index, registry, writtenData: new WrittenDataReader(registry, null, () => 0) };
  const verdict = async (text: string) => (await checkEdit(context, failure, { text })).check;
  const good = await verdict('{"order_id":"o-22"}');
  assert.deepEqual([good.verdict, good.checkedBy], ["valid", { service: null, version: 1, in: "registry" }]);
  const bad = await verdict('{"order_id":"o"}');
  assert.deepEqual([bad.verdict, bad.problems.map(({ pointer }) => pointer)], ["invalid", ["/order_id"]]);
  assert.equal(asked[0], "order.completed.v1");
  for (const none of [
    async () => null,
    () => Promise.reject(new Error("away")),
    async (): Promise<RegistryVersion> => ({ schemaType: "JSON", schema: "no JSON", subject: "s", version: 1, id: 7 }),
    async (): Promise<RegistryVersion> => ({ schemaType: "AVRO", schema: '"string"', subject: "s", version: 1, id: 7 }),
  ]) {
    answer = none;
    const { verdict: found, why } = await verdict('{"order_id":"o"}');
    assert.deepEqual([found, /nobody announced or registered/.test(why!)], ["unchecked", true]);
  }
});
