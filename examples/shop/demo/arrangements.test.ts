import assert from "node:assert/strict";
import { test } from "node:test";
import { arrangements } from "./arrangements.ts";

test("equal items make no difference", () => {
  assert.deepEqual(arrangements(["a", "a", "b"]), [
    ["a", "a", "b"],
    ["a", "b", "a"],
    ["b", "a", "a"],
  ]);
});

test("three events delivered twice can come in 90 orders", () => {
  const all = arrangements([1, 1, 2, 2, 3, 3]);
  assert.equal(new Set(all.map((each) => each.join())).size, 90);
  assert.equal(all.length, 90);
});
