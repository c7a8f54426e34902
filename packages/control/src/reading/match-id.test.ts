import assert from "node:assert/strict";
import { test } from "node:test";
import { matchId, mayMean, shortIds } from "./match-id.ts";

test("six characters of an id's start or end name it, fewer do not", () => {
  assert.ok(mayMean("abcdef", "abcdef-123456"));
  assert.ok(mayMean("123456", "abcdef-123456"));
  assert.ok(mayMean("…123456", "abcdef-123456"));
  assert.ok(!mayMean("abcde", "abcdef-123456"));
  assert.ok(!mayMean("cdef-1", "abcdef-123456"));
});

test("a short id names itself", () => {
  assert.ok(mayMean("o-1", "o-1"));
});

test("a whole id wins over those that begin with it", () => {
  assert.equal(matchId("abcdef", ["abcdef-1", "abcdef", "abcdef-2"], "things"), "abcdef");
});

test("no id is null, several are an error", () => {
  assert.equal(matchId("zzzzzz", ["abcdef-1"], "things"), null);
  assert.throws(() => matchId("abcdef", ["abcdef-1", "abcdef-2"], "things"), { code: "CONTROL_AMBIGUOUS" });
});

test("short ids are unique starts of at least eight characters", () => {
  const ids = ["0198b2c4-8a5e-7c3d", "0198b2c4-8a5f-7c3d", "1111", "2222222222"];
  assert.deepEqual(Object.fromEntries(shortIds(ids)), {
    "0198b2c4-8a5e-7c3d": "0198b2c4-8a5e",
    "0198b2c4-8a5f-7c3d": "0198b2c4-8a5f",
    "1111": "1111",
    "2222222222": "22222222",
  });
});
