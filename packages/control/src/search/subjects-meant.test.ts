import assert from "node:assert/strict";
import { test } from "node:test";
import { subjectsMeant } from "./subjects-meant.ts";

test("a thing and its number are tried with each way to join them, as they were said first", () => {
  assert.deepEqual(subjectsMeant("Orders 12", []).slice(0, 2), ["Orders-12", "Orders/12"]);
  for (const meant of ["order-12", "orders/12", "order:12", "order_12", "order.12", "order12"])
    assert.ok(subjectsMeant("Orders 12", []).includes(meant), meant);
  assert.ok(subjectsMeant("order 2026-0012", []).includes("order-2026-0012"));
});

test("a number alone is tried as the number of what the log has topics of, and of nothing of the system's", () => {
  const meant = subjectsMeant("4711", ["shop.orders", "payment", "throughline.audit", "billing.dlt"]);
  assert.ok(meant.includes("order-4711") && meant.includes("payment-4711"));
  assert.ok(!meant.some((subject) => /audit|dlt/.test(subject)));
  assert.equal(subjectsMeant("#4711", [])[0], "4711");
});

test("a text without a number at its end means no subject, and topics without end cost no looks without end", () => {
  for (const other of ["", "order", "order-", "TypeError: x", "4711 4711", "💥", "-".repeat(500)])
    assert.deepEqual(subjectsMeant(other, ["order"]), [], other);
  const topics = Array.from({ length: 1_000 }, (_, n) => `topic-${"x".repeat(n)}`);
  assert.ok(subjectsMeant("1", topics).length <= 240);
});
