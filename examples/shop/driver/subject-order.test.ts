import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord } from "throughline";
import { subjectsOutOfOrder } from "./subject-order.ts";

const record = (subject: string, sequence: number, id = `${subject}-${sequence}`): LogRecord => ({
  topic: "order",
  topicId: "t",
  partition: 0,
  offset: 0,
  timestampMs: 0,
  key: Buffer.from(subject),
  value: null,
  headers: Object.entries({ ce_id: id, ce_subject: subject, ce_sequence: String(sequence).padStart(19, "0") }).map(
    ([name, value]) => [name, Buffer.from(value)] as const,
  ),
});

test("events that follow one another are in order, also when one stands there twice", () => {
  assert.deepEqual(subjectsOutOfOrder([record("a", 1), record("b", 1), record("a", 2), record("a", 1), record("a", 3)]), []);
});

test("a gap, a swap and a number given twice are found", () => {
  const gap = [record("a", 1), record("a", 3)];
  const swap = [record("b", 2), record("b", 1)];
  const twice = [record("c", 1), record("c", 1, "another-id")];
  assert.deepEqual(subjectsOutOfOrder([...gap, ...swap, ...twice]), ["a", "b", "c"]);
});
