import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeEvent } from "throughline";
import type { JsonSchema } from "throughline";
import type { LogRecord } from "throughline/seams";
import { KnownContracts, problemsOf } from "./known-contracts.ts";

const facts = { type: "order.completed", version: 1, stream: "order", subject: "order_id", tenant: null } as const;

function problems(schema: JsonSchema, personal: readonly string[], data: object) {
  const read = { ...facts, personal, schema, lifts: [], adopted: false };
  const contracts = { publishes: [], handlers: [{ name: "invoice", order: "any" as const, reads: [read] }] };
  const known = KnownContracts.of([{ service: "billing", hash: "h", contracts, firstMs: 0 }]).judging("order.completed", 1)!;
  const { key, value, headers } = encodeEvent({
    id: "e-1",
    source: "orders",
    type: "order.completed",
    subject: "o-1",
    timeMs: 0,
    dataVersion: 1,
    data,
    correlationId: "c-1",
  });
  const record: LogRecord = { topic: "order", topicId: "t", partition: 0, offset: 0, timestampMs: 0, key, value, headers };
  return problemsOf(known, record);
}

test("data is judged by what a reader names, whether or not that has the subject", () => {
  const total = { type: "object", properties: { total: { type: "integer" } } };
  assert.deepEqual(problems(total, [], { order_id: "o-1", total: 1, more: true }), []);
  assert.equal(problems(total, [], { order_id: "o-1", total: "x" })?.[0]?.pointer, "/total");
  assert.deepEqual(problems({ type: "object", properties: { id: { type: "integer" } } }, [], { id: 5 }), []);
  assert.deepEqual(problems({ type: "object" }, ["email"], { anything: 1 }), []);
});

test("what is wrong with a personal field is said without its value, and without the names below it", () => {
  const customer = { type: "object", properties: { email: { type: "string", maxLength: 3 }, tags: { type: "object" } } };
  const schema = { type: "object", properties: { customer, id: { type: "string", maxLength: 3 } } };
  for (const personal of [
    ["customer.email", "id"],
    ["/customer/email", "/id"],
    ["customer", "id"],
    ["id", "customer.email", "customer"],
  ]) {
    const found = problems(schema, personal, { id: "ada-7", customer: { email: "ada@example.org" } });
    assert.equal(found?.length, 2, JSON.stringify({ personal, found }));
    assert.doesNotMatch(JSON.stringify(found), /ada/);
  }
});

test("by what is no schema nothing can be told", () => {
  assert.equal(problems({ type: "nonsense" }, [], { total: 1 }), null);
});
