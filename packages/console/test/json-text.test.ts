import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonTokens } from "../page/parts/json-text.ts";

const laidOut = (text: string) =>
  jsonTokens(text)
    ?.map((token) => token.text)
    .join("") ?? null;

test("JSON is laid out with every digit, double names and escapes as they were written", () => {
  assert.equal(
    laidOut('{"a":9007199254740993,"a":1e400,"b":["x, {y}: \\"z\\"",null],"c":{},"d":[],"e":-0.10}'),
    '{\n  "a": 9007199254740993,\n  "a": 1e400,\n  "b": [\n    "x, {y}: \\"z\\"",\n    null\n  ],\n  "c": {},\n  "d": [],\n  "e": -0.10\n}',
  );
  assert.equal(laidOut(' "a  b" '), '"a  b"');
});

test("what is no JSON is left as it is, and a broken end hangs nothing", () => {
  for (const text of ["<b>no</b>", '{"a": undefined}', '"open', "{]}x"]) assert.equal(laidOut(text), null, text);
  assert.equal(laidOut("]}}".repeat(1_000))?.includes("NaN"), false);
});
