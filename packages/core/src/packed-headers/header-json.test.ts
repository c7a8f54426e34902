import assert from "node:assert/strict";
import { test } from "node:test";
import { headersFromJson, headersToJson } from "./header-json.ts";

const text = (value: string) => Buffer.from(value);

test("headers come back as they were: order, doubles, null, empty, and bytes that are no UTF-8", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const headers = [
    ["b", text("1")],
    ["a", null],
    ["b", text("2")],
    ["", text("")],
    ["ünï", text("“🚚”\0")],
    ["raw", bytes],
  ] as const;
  const read = headersFromJson(headersToJson(headers));
  assert.deepEqual(
    read.map(([name, value]) => [name, value && [...value]]),
    headers.map(([name, value]) => [name, value && [...value]]),
  );
});

test("an object of texts is taken too", () => {
  assert.deepEqual(headersFromJson('{"ce_id":"1","none":null}'), [
    ["ce_id", text("1")],
    ["none", null],
  ]);
});

test("what cannot be a header is refused with what it is", () => {
  assert.throws(() => headersFromJson('["ce_id"]'), /a header must be \["name", value\], not "ce_id"/);
  assert.throws(() => headersFromJson("[[1, null]]"), /not \[1,null\]/);
  assert.throws(() => headersFromJson('{"ce_id":7}'), /value of header "ce_id" must be a text, null or \{ "base64": … \}, not 7/);
});
