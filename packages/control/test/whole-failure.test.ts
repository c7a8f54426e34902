import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { asToken } from "./as-token.ts";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

const data = '{"order_id":"o-1","total":12345678901234567890,"customer":{"email":"ada@example.org","name":"Ada"}}';

async function failed(t: TestContext, value = data) {
  const small = new SmallLog();
  await announceOrder(small, "create-invoice");
  await small.append(orderRecord(value));
  const error = {
    name: "TypeError",
    code: "E_TOTAL",
    message: "no total",
    stack: "TypeError: no total\n    at invoice (billing.ts:7)",
  };
  const attempt = { startedAtMs: 1, endedAtMs: 2, instance: "billing-1", version: "1.0.0", error };
  await small.letter("billing", "create-invoice", "order", 0, { error, attempts: [attempt], failedAtMs: Date.now() });
  const control = await testControl(t, small.log);
  await control.indexer.catchUp();
  return { small, ...control };
}

test("a failure is shown whole: error, attempts, headers, contract, and its data with every digit and no personal value", async (t) => {
  const { get } = await failed(t);
  const { status, body } = await get("/failures/failure-billing-0");
  assert.equal(status, 200, JSON.stringify(body));
  assert.match(body.error.stack, /at invoice \(billing\.ts:7\)/);
  assert.deepEqual(body.attempts[0].error.code, "E_TOTAL");
  assert.equal(body.owner, "team-billing");
  assert.equal(body.flow, "flow-1");
  assert.match(body.traceparent, /^00-4bf9/);
  assert.equal(body.headers.find(({ name }: { name: string }) => name === "ce_type").value.text, "order.completed");
  assert.ok(!body.headers.some(({ name }: { name: string }) => name === "throughline-dead-letter"));
  assert.equal(body.key.text, "o-1");
  assert.match(body.payload.text, /"total": 12345678901234567890/);
  assert.doesNotMatch(JSON.stringify(body), /ada@example\.org/);
  assert.deepEqual(body.payload.masked, ["/customer/email"]);
  assert.equal(body.contract.service, "billing");
  assert.equal(body.contract.handler, "create-invoice");
  assert.deepEqual(body.gone, []);
  assert.equal(body.isOriginThere, true);
});

test("data that breaks its contract says where, without personal values", async (t) => {
  const { get } = await failed(t, '{"order_id":"o-1","total":"free","customer":{"email":17}}');
  const { body } = await get("/failures/failure-billing-0");
  assert.deepEqual(body.contract.problems.map(({ pointer }: { pointer: string }) => pointer).toSorted(), [
    "/customer/email",
    "/total",
  ]);
  assert.doesNotMatch(JSON.stringify(body.contract.problems), /17/);
});

test("personal values are shown to who asks for them by right, and to nobody else", async (t) => {
  const { get, app } = await failed(t);
  const { body } = await get("/failures/failure-billing-0?unmasked=true");
  assert.equal(body.payload.text, data);
  const raw = await app.inject({ method: "GET", url: "/api/v1/failures/failure-billing-0/payload" });
  assert.equal(raw.body, data);
  assert.match(String(raw.headers["content-disposition"]), /^attachment; filename="failure-billing-0\.bin"$/);
  assert.equal(raw.headers["x-content-type-options"], "nosniff");
  assert.equal(raw.headers["content-type"], "application/octet-stream");
  const viewer = await asToken(app, [{ role: "viewer", services: null }]);
  const [forbidden, bytes, masked] = await Promise.all([
    viewer("/failures/failure-billing-0?unmasked=true"),
    viewer("/failures/failure-billing-0/payload"),
    viewer("/failures/failure-billing-0"),
  ]);
  assert.equal(forbidden.body.code, "ACCESS_FORBIDDEN");
  assert.equal(bytes.status, 403);
  assert.deepEqual(masked.body.payload.masked, ["/customer/email"]);
  const other = await asToken(app, [{ role: "operator", services: ["shipping"] }]);
  assert.equal((await other("/failures/failure-billing-0")).status, 403);
  const own = await asToken(app, [{ role: "operator", services: ["billing"] }]);
  assert.equal((await own("/failures/failure-billing-0?unmasked=true")).body.payload.text, data);
});

test("data of a type that no contract tells of is hidden, for nobody knows what in it is personal", async (t) => {
  const small = new SmallLog();
  await small.announce("billing", [{ name: "create-invoice" }]);
  await small.append(orderRecord(data));
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: Date.now() });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const { body } = await get("/failures/failure-billing-0");
  assert.equal(body.payload.kind, "hidden");
  assert.doesNotMatch(JSON.stringify(body), /example\.org/);
  assert.equal((await get("/failures/failure-billing-0?unmasked=true")).body.payload.text, data);
});

test("what is no text is shown as bytes, and a letter that is gone as gone", async (t) => {
  const small = new SmallLog();
  await small.append({ ...orderRecord("{}"), value: Uint8Array.of(0xff, 0x00, 0x41) });
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: Date.now() });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const { body } = await get("/failures/failure-billing-0?unmasked=true");
  assert.equal(body.payload.kind, "binary");
  assert.equal(body.payload.base64, "/wBB");
  assert.match(body.payload.hex, /^00000000 {2}ff 00 41 .*\.\.A$/);
  (small.log as unknown as { deleteTopic(name: string): void }).deleteTopic("billing.dlt");
  const after = (await get("/failures/failure-billing-0?unmasked=true")).body;
  assert.match(after.gone[0], /dead letter is not in the log any more/);
  assert.equal(after.payload.base64, "/wBB");
  assert.equal(after.isOriginThere, true);
});

test("what waits behind a failure is counted and listed in its order, and no more once it ran", async (t) => {
  const { small, get, indexer } = await failed(t);
  for (const [at, subject] of ["o-1", "o-2", "o-1", "o-1"].entries())
    await small.append(orderRecord(data, { subject, id: `later-${at}` }));
  const parked = (offset: number, subject: string) =>
    small.told("billing", "create-invoice", "order", offset, {
      outcome: "parked",
      reason: "behind",
      event: { id: null, type: null, subject, sequence: null, correlationId: null, tenantId: null },
    });
  for (const offset of [1, 3, 4]) await parked(offset, "o-1");
  await parked(2, "o-2");
  await indexer.catchUp();
  const { body } = await get("/failures/failure-billing-0");
  assert.equal(body.waiting.count, 3);
  assert.deepEqual(
    body.waiting.events.map(({ id }: { id: string }) => id),
    ["later-0", "later-2", "later-3"],
  );
  await small.told("billing", "create-invoice", "order", 3, { outcome: "applied" });
  await indexer.catchUp();
  assert.equal((await get("/failures/failure-billing-0")).body.waiting.count, 2);
  assert.equal((await get("/failures/nothing")).status, 404);
});
