import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKey, encodeKey } from "./key-codec.ts";
import { decodeText, encodeText } from "./text-codec.ts";

const bytes = (stored: string) => Buffer.from(stored.slice(2), "hex");

test("keys come back as they were, and no two are stored alike", () => {
  const keys = [
    "0199c2b1-6d1e-7a44-9b0e-3f6d2c1a8e57",
    "0199C2B1-6d1e-7a44-9b0e-3f6d2c1a8e57",
    "",
    "\0",
    "fifteen bytes!!",
    "\0fourteen bytes",
    "\0fifteen bytes!",
    "sixteen bytes!!!",
    "ünï",
    "x".repeat(500),
  ];
  assert.deepEqual(
    keys.map((key) => decodeKey(bytes(encodeKey(key)))),
    keys,
  );
  assert.equal(new Set(keys.map(encodeKey)).size, keys.length);
  assert.equal(bytes(encodeKey(keys[0] ?? "")).length, 16);
});

test("texts that PostgreSQL cannot hold come back as they were", () => {
  const texts = ["", "o-1", "a\0b", "\0", "\u0001", "\u00010", "\0\u0001\0", "1\u00011"];
  assert.deepEqual(
    texts.map((text) => decodeText(encodeText(text))),
    texts,
  );
  assert.equal(new Set(texts.map(encodeText)).size, texts.length);
  for (const text of texts) assert.ok(!encodeText(text).includes("\0"));
});
