import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Header } from "../seams/event-log.ts";
import { unpackHeaders, packHeaders } from "./packed-headers.ts";

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
const plain = (headers: readonly Header[]) => headers.map(([name, value]) => [name, value === null ? null : [...value]]);

const cases: Record<string, Header[]> = {
  "duplicates, in order": [
    ["a", bytes(1)],
    ["b", bytes(2)],
    ["a", bytes(3)],
  ],
  "null and empty values": [
    ["null", null],
    ["empty", new Uint8Array(0)],
    ["null", null],
  ],
  "names beyond ASCII, and no name": [
    ["grüße-🚚", bytes(3)],
    ["", bytes(1)],
  ],
  "lengths around each size of their encoding": [126, 127, 128, 16_382, 16_383, 16_384, 70_000].map((length): Header => [
    `l${length}`,
    bytes(length),
  ]),
  "a long name": [["n".repeat(300), bytes(65)]],
};

describe("packed headers", () => {
  for (const [what, headers] of Object.entries(cases)) {
    it(`keeps ${what}`, () => assert.deepEqual(plain(unpackHeaders(packHeaders(headers))), plain(headers)));
  }

  it("stores no headers as null", () => {
    assert.equal(packHeaders([]), null);
    assert.deepEqual(unpackHeaders(null), []);
  });

  it("tells names apart whose hashes are the same", () => {
    // 31 * "A" + "a" === 31 * "B" + "B"
    const headers: Header[] = [
      ["Aa", bytes(1)],
      ["BB", bytes(2)],
      ["Aa", bytes(3)],
    ];
    assert.deepEqual(plain(unpackHeaders(packHeaders(headers))), plain(headers));
  });

  it("goes on when there are more names than it keeps", () => {
    for (let i = 0; i < 5_000; i += 1) assert.equal(unpackHeaders(packHeaders([[`name-${i}`, null]]))[0]?.[0], `name-${i}`);
  });
});
