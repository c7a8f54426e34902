import assert from "node:assert/strict";
import { test } from "node:test";
import { answerItem, type AnsweredItem } from "./answer-item.ts";
import type { ItemState, TakenReceipt } from "./job.ts";

const item = (state: ItemState): AnsweredItem => ({
  failureId: "f-1",
  requestId: "r-1",
  service: "billing",
  handler: "create-invoice",
  origin: { topic: "order", partition: 0, offset: 7 },
  failedAtMs: 1_000,
  state,
});

const receipt = (part: Partial<TakenReceipt>): TakenReceipt => ({
  outcome: "applied",
  service: "billing",
  handler: "create-invoice",
  topic: "order",
  partition: 0,
  offset: 7,
  failureId: null,
  requestId: null,
  reason: null,
  errorCode: null,
  error: null,
  atMs: 5_000,
  ...part,
});

const after = (state: ItemState, part: Partial<TakenReceipt>): ItemState | null =>
  answerItem(item(state), receipt(part))?.state ?? null;

test("a request is accepted, its event fails, is retried, and is applied", () => {
  assert.equal(after("asked", { outcome: "parked", requestId: "r-1", failureId: "f-1" }), "accepted");
  assert.equal(after("accepted", { outcome: "retried" }), "failing");
  assert.equal(after("failing", { outcome: "applied", failureId: "f-1" }), "applied");
  assert.equal(after("accepted", { outcome: "dead", failureId: "f-1" }), "dead");
});

test("the second refusal of a request that was sent twice says nothing", () => {
  const refused = { outcome: "refused", requestId: "r-1", failureId: "f-1" } as const;
  assert.equal(after("asked", refused), "refused");
  for (const state of ["accepted", "failing", "applied", "dead"] as const) assert.equal(after(state, refused), null);
});

test("what was handled already is no failure of the job's", () => {
  const refused = { outcome: "refused", requestId: "r-1", errorCode: "REDRIVE_HANDLED_ALREADY" } as const;
  assert.equal(after("asked", refused), "answered-before");
});

test("an answer to another request says nothing of one that was sent, and ends one that was not", () => {
  assert.equal(after("asked", { outcome: "discarded", requestId: "r-2", failureId: "f-1" }), null);
  assert.equal(after("waiting", { outcome: "discarded", requestId: "r-2", failureId: "f-1" }), "answered-before");
  assert.equal(after("waiting", { outcome: "refused", requestId: "r-2", failureId: "f-1" }), null);
});

test("a crash before the request was noted changes nothing: its answers name it", () => {
  assert.equal(after("waiting", { outcome: "parked", requestId: "r-1", failureId: "f-1" }), "accepted");
});

test("a handler of another service that has the same name answers nothing", () => {
  assert.equal(after("accepted", { service: "shipping" }), null);
  assert.equal(after("waiting", { service: "shipping" }), null);
});

test("another event, handler or place is not answered, and a duplicate only by the failure's id", () => {
  assert.equal(after("accepted", { offset: 8 }), null);
  assert.equal(after("accepted", { handler: "count" }), null);
  assert.equal(after("accepted", { outcome: "duplicate" }), null);
  assert.equal(after("accepted", { outcome: "duplicate", failureId: "f-1" }), "duplicate");
});

test("the late report of the death that the letter tells of is no new death", () => {
  assert.equal(after("asked", { outcome: "dead", failureId: "f-1", atMs: 1_002 }), null);
});
