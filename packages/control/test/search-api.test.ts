import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

interface Hit {
  readonly kind: string;
  readonly id: string;
  readonly isExact: boolean;
}

const failureId = "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff";
const eventId = "0191b2c4-8a5e-7c3d-9f10-000000000001";

async function searched(t: TestContext) {
  const small = new SmallLog();
  await announceOrder(small, "create-invoice");
  await small.append(orderRecord("{}", { id: eventId, subject: "order-4711", tenantId: "acme" }));
  const error = { name: "TypeError", code: "E_TOTAL", message: "no total", stack: null };
  await small.letter("billing", "create-invoice", "order", 0, { failureId, error, failedAtMs: Date.now() });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  return async (q: string, tenantId = ""): Promise<Hit[]> =>
    (await get(`/search?q=${encodeURIComponent(q)}${tenantId && `&tenantId=${tenantId}`}`)).body.hits;
}

const found = (hits: readonly Hit[], kind: string) => hits.filter((hit) => hit.kind === kind).map(({ id }) => id);

test("one box finds failures by a beginning of their id, and events, flows and subjects by all of it", async (t) => {
  const search = await searched(t);
  for (const part of [failureId, "0191b2c4-8", failureId.slice(0, 24)])
    assert.deepEqual(found(await search(part), "failure"), [failureId], part);
  assert.deepEqual(found(await search("0191b"), "failure"), []);
  const byEvent = await search(eventId);
  assert.deepEqual(found(byEvent, "event"), ["order/0/0"]);
  assert.deepEqual(found(byEvent, "flow"), ["flow-1"]);
  assert.deepEqual(found(await search("flow-1"), "flow"), ["flow-1"]);
  assert.deepEqual(found(await search("order-4711"), "subject"), ["order-4711"]);
  assert.deepEqual(found(await search(" order-47 "), "subject"), ["order-4711"]);
});

test("who has a number, or says the thing and its number in their own way, finds the subject", async (t) => {
  const search = await searched(t);
  for (const said of ["4711", "#4711", "order 4711", "Order #4711", "orders/4711", "ORDER4711"])
    assert.deepEqual(found(await search(said), "subject"), ["order-4711"], said);
  for (const other of ["471", "invoice 4711", "order 47111", "4711 4711"])
    assert.deepEqual(found(await search(other), "subject"), [], other);
});

test("one box finds services, handlers, types, topics, tenants and causes by a part of their name", async (t) => {
  const search = await searched(t);
  const hits = await search("billing");
  assert.deepEqual([hits[0]!.kind, hits[0]!.isExact], ["service", true]);
  assert.deepEqual(found(hits, "handler"), ["billing/create-invoice"]);
  assert.deepEqual(found(await search("completed"), "type"), ["order.completed"]);
  assert.deepEqual(found(await search("billing.dlt"), "topic"), ["billing.dlt"]);
  assert.deepEqual(found(await search("acm"), "tenant"), ["acme"]);
  assert.equal(found(await search("e_total"), "failure-group").length, 1);
  for (const odd of ["%", "'", "\u0000", "x".repeat(500), "💥"]) assert.deepEqual(await search(odd), [], odd);
});

const names = (hits: readonly Hit[]) => hits.map(({ kind, id }) => `${kind} ${id}`);

test("for one tenant, events, subjects and failures of others are not found, and what is nobody's is", async (t) => {
  const search = await searched(t);
  for (const q of [eventId, "order-4711", "4711", " order-47 ", failureId, "e_total", "acm"]) {
    assert.deepEqual(names(await search(q, "acme")), names(await search(q)), q);
    assert.deepEqual(await search(q, "zenith"), [], q);
  }
  assert.deepEqual(found(await search("billing", "zenith"), "service"), ["billing"]);
});
