import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExact, prettyValue, valueForJson } from "./exact-json.ts";

test("numbers come back as they were written", () => {
  for (const text of ['{"a":12345678901234567890}', '{"a":1.0}', '{"a":1e3}', "[0,-1,2.5]", '{"__proto__":1}'])
    assert.equal(JSON.stringify(parseExact(text)), text);
});

test("text that is not JSON is shown as text, other bytes in base64", () => {
  assert.deepEqual(prettyValue(Buffer.from("hello")), { text: "hello", kind: "text" });
  assert.deepEqual(prettyValue(Uint8Array.of(0xff, 0xfe)), { text: "//4=", kind: "base64" });
  assert.equal(prettyValue(null).kind, "null");
});

test("bytes for programs say which they are", () => {
  assert.deepEqual(valueForJson(Buffer.from('{"a":1}')), { data: { a: 1 } });
  assert.deepEqual(valueForJson(Uint8Array.of(0xff)), { data_base64: "/w==" });
  assert.deepEqual(valueForJson(null), { data: null });
});
