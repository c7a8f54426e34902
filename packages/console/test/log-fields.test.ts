import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldTexts } from "../page/pages/logs/log-fields.ts";

test("an error's stack is read in lines, beside the fields", () => {
  const stack = "TypeError: no\n    at run (a.ts:1:1)";
  const { json, stack: shown } = fieldTexts({ subject: "o-1", err: { type: "TypeError", message: "no", stack } });
  assert.equal(shown, stack);
  assert.deepEqual(JSON.parse(json!), { subject: "o-1", err: { type: "TypeError", message: "no" } });
});

test("fields that only look like an error's stay as they are", () => {
  for (const fields of [{ err: null }, { err: "a\nb" }, { err: { stack: ["a"] } }, { stack: "a\nb" }, {}])
    assert.deepEqual(fieldTexts(fields), { json: JSON.stringify(fields, null, 1), stack: null });
  assert.deepEqual(fieldTexts(undefined), { json: null, stack: null });
});
