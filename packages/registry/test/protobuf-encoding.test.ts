import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Encoding, WriterSchema } from "throughline/seams";
import { protobuf, type ProtobufOptions } from "../src/encodings/protobuf/index.ts";

const writerOf = ({ schema }: Encoding, imports = {}): WriterSchema => ({ schemaType: "PROTOBUF", schema, imports });

function bytesOf(encoding: Encoding, data: unknown): Uint8Array {
  const encoded = encoding.encode(data);
  assert.ok("bytes" in encoded, JSON.stringify(encoded));
  return encoded.bytes;
}

function problemsOf(encoding: Encoding, data: unknown): string[] {
  const encoded = encoding.encode(data);
  return "problems" in encoded ? encoded.problems.map(({ pointer, message }) => `${pointer} ${message}`) : [];
}

const there = (encoding: Encoding, data: unknown): unknown =>
  encoding.decode(bytesOf(encoding, data), writerOf(encoding), "reader");
const field = (type: string, options?: ProtobufOptions): Encoding =>
  protobuf(
    `syntax = "proto3";
     import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
     message Order { ${type}; message In { int32 n = 1; } enum State { OPEN = 0; SHUT = 1; } }`,
    options,
  );

describe("data in Protobuf", () => {
  const kept: [string, Encoding, unknown][] = [
    ["text", field("string x = 1"), "grüße 𝄞"],
    ["empty text", field("string x = 1"), ""],
    ["numbers at their ends", field("repeated sint32 x = 1"), [2 ** 31 - 1, -(2 ** 31), 0]],
    ["numbers of 64 bits as far as they are exact", field("repeated int64 x = 1"), [2 ** 53 - 1, -(2 ** 53 - 1), 0]],
    ["numbers of 64 bits as text", field("repeated uint64 x = 1", { int64: "text" }), ["18446744073709551615", "0"]],
    ["a double", field("double x = 1"), 0.1],
    ["bytes", field("bytes x = 1"), "AAEC/w=="],
    ["an enum", field("State x = 1"), "SHUT"],
    ["a message", field("In x = 1"), { n: 5 }],
    ["a map", field("map<string, In> x = 1"), { a: { n: 1 }, "": { n: 2 } }],
    ["a map by numbers", field("map<int64, string> x = 1"), { "1": "a", "-5": "b" }],
    ["an instant", field("google.protobuf.Timestamp x = 1"), "2026-01-31T12:30:00.123Z"],
    ["a number that may be missing", field("google.protobuf.Int64Value x = 1"), 7],
    ["a number of 64 bits as text that may be missing", field("google.protobuf.UInt64Value x = 1", { int64: "text" }), "5"],
    ["bytes that may be missing", field("google.protobuf.BytesValue x = 1"), "AAEC/w=="],
    ["any JSON", field("google.protobuf.Struct x = 1"), { a: [1, null, { b: true }] }],
  ];
  for (const [title, encoding, data] of kept)
    test(`is read as it was written: ${title}`, () => assert.deepEqual(there(encoding, { x: data }), { x: data }));

  test("that is left out reads as left out, and lists and maps as empty", () => {
    const encoding = field(
      "optional int32 a = 1; In b = 2; oneof c { string d = 3; int32 e = 4; } repeated int32 f = 5; map<string, int32> g = 6",
    );
    assert.deepEqual(there(encoding, {}), { f: [], g: {} });
    assert.deepEqual(there(encoding, { a: 0, b: { n: 0 }, e: 0 }), { a: 0, b: { n: 0 }, e: 0, f: [], g: {} });
  });

  test("has fields and keys of any name", () => {
    const encoding = field("string __proto__ = 1; string constructor = 2; map<string, string> toString = 3");
    const data = JSON.parse('{ "__proto__": "a", "constructor": "b", "toString": { "__proto__": "c" } }') as unknown;
    assert.equal(JSON.stringify(there(encoding, data)), JSON.stringify(data));
  });

  const refused: [string, Encoding, unknown, string][] = [
    ["null", field("optional int32 x = 1"), null, "/x is null, which Protobuf does not have; leave it out"],
    [
      "a plain field that is not there",
      field("int32 x = 1"),
      undefined,
      "/x is missing, and would be read as 0, false or empty text; mark the field as optional",
    ],
    ["a fraction", field("int64 x = 1"), 1.5, "/x must be a whole number, for int64, but is a number"],
    [
      "a number that is not exact",
      field("int64 x = 1"),
      2 ** 53,
      '/x is larger than a number of JavaScript can be exactly; say { int64: "text" } and give it as text',
    ],
    ["a number below nothing", field("uint32 x = 1"), -1, "/x does not fit uint32"],
    ["text beyond 64 bits", field("int64 x = 1", { int64: "text" }), "9223372036854775808", "/x does not fit int64"],
    [
      "a float that would change",
      field("float x = 1"),
      0.1,
      "/x cannot be held by a float without being changed; make the field a double",
    ],
    ["a name that no value has", field("State x = 1"), "GONE", "/x must be one of the values of Order.State: OPEN, SHUT"],
    ["an item", field("repeated In x = 1"), [{ n: 1 }, { n: "2" }], "/x/1/n must be a whole number, for int32, but is text"],
    [
      "a time that is none",
      field("google.protobuf.Timestamp x = 1"),
      "yesterday",
      "/x is no google.protobuf.Timestamp as JSON has it, but text",
    ],
    [
      "a number of 64 bits as text, without the option",
      field("google.protobuf.Int64Value x = 1"),
      "5",
      "/x must be a whole number, for int64, but is text",
    ],
    [
      "a float that may be missing and would change",
      field("google.protobuf.FloatValue x = 1"),
      0.1,
      "/x cannot be held by a float without being changed; make the field a double",
    ],
    ["a key that is none", field("map<int32, string> x = 1"), { a: "b" }, "/x/a must be a whole number, for int32, but is text"],
  ];
  for (const [title, encoding, data, problem] of refused)
    test(`is refused with its place: ${title}`, () => assert.deepEqual(problemsOf(encoding, { x: data }), [problem]));

  test("that is nested deeper than readers follow is refused: messages, and what Struct and Value hold", () => {
    const nested = (levels: number, data: object = {}): object => (levels === 0 ? data : { n: nested(levels - 1, data) });
    const node = protobuf(`syntax = "proto3"; import "google/protobuf/struct.proto";
      message R { optional R n = 1; google.protobuf.Value v = 2; google.protobuf.Struct s = 3; }`);
    assert.deepEqual(there(node, nested(99)), nested(99));
    assert.match(problemsOf(node, nested(100)).join(), /^(\/n){100} is nested deeper than 100 messages$/);
    const lists = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
    assert.deepEqual(there(node, { v: lists(40), s: { a: lists(40) } }), { v: lists(40), s: { a: lists(40) } });
    for (const levels of [200, 20_000])
      assert.deepEqual(problemsOf(node, { v: lists(levels), s: { a: lists(levels) } }), [
        "/v is nested deeper than 100 messages",
        "/s is nested deeper than 100 messages",
      ]);
    assert.deepEqual(problemsOf(node, nested(90, { v: lists(40) })), [`${"/n".repeat(90)}/v is nested deeper than 100 messages`]);
  });

  test("that was written deeper by somebody else is not read", () => {
    const schema =
      'syntax = "proto3"; import "google/protobuf/struct.proto"; message R { optional R n = 1; google.protobuf.Value v = 2; }';
    const encoding = protobuf(schema);
    const lengthOf = (length: number): number[] => (length < 128 ? [length] : [(length & 127) | 128, ...lengthOf(length >>> 7)]);
    const within = (number: number, inner: readonly number[]): number[] => [
      (number << 3) | 2,
      ...lengthOf(inner.length),
      ...inner,
    ];
    const times = (levels: number, wrap: (inner: readonly number[]) => number[]): number[] => {
      let bytes: number[] = [];
      for (let level = 0; level < levels; level += 1) bytes = wrap(bytes);
      return bytes;
    };
    const read = (bytes: readonly number[]) => encoding.decode(Uint8Array.from([0, ...bytes]), writerOf(encoding), "reader");
    for (const bytes of [
      times(2_000, (inner) => within(1, inner)),
      within(
        2,
        times(2_000, (inner) => within(6, within(1, inner))),
      ),
    ])
      assert.throws(() => read(bytes), { message: "is nested deeper than 100 messages" });
  });

  test("is refused with every place at once, and nothing of it is lost", () => {
    const encoding = field("oneof c { string d = 1; int32 e = 2; } int32 f = 3");
    assert.deepEqual(problemsOf(encoding, { d: "a", e: 1, f: "x", g: 1 }), [
      "/e belongs to the oneof c, of which another one is there, too",
      "/f must be a whole number, for int32, but is text",
      "/g has no field in the message Order, and would be lost",
    ]);
  });
});

describe("a message", () => {
  const file = `syntax = "proto3"; package shop;
    message First { string a = 1; message In { int32 n = 1; } message Other { string b = 1; } }
    message Second { string c = 1; }`;

  test("is told by its place in the file, as Confluent's wire format has it", () => {
    assert.deepEqual([...bytesOf(protobuf(file), { a: "" })], [0]);
    assert.deepEqual([...bytesOf(protobuf(file, { message: "Second" }), { c: "" })], [2, 2]);
    assert.deepEqual([...bytesOf(protobuf(file, { message: "shop.First.Other" }), { b: "" })], [4, 0, 2]);
  });

  test("that its schema does not have, or that is another one, is refused", () => {
    const second = protobuf(file, { message: "Second" });
    const first = protobuf(file);
    assert.throws(
      () => first.decode(bytesOf(second, { c: "" }), writerOf(first), "reader"),
      /was written as the message shop.Second, and shop.First is read/,
    );
    assert.throws(() => first.decode(Uint8Array.of(2, 8), writerOf(first), "reader"), /names message 4 of its schema/);
    assert.throws(() => first.decode(Uint8Array.of(1), writerOf(first), "reader"), /does not begin with the indexes/);
    assert.throws(() => first.decode(Uint8Array.of(), writerOf(first), "reader"), /ends within the indexes/);
    assert.throws(() => first.decode(Uint8Array.of(0, 0x0a, 5), writerOf(first), "reader"), /is no message shop.First/);
  });

  test("whose schema cannot be used makes a contract's problem", () => {
    assert.match(protobuf("message").problems[0]?.message ?? "", /./);
    assert.match(protobuf(file, { message: "Third" }).problems[0]?.message ?? "", /has no message "Third"/);
    assert.match(
      protobuf('syntax = "proto3"; import "money.proto"; message A { }').problems[0]?.message ?? "",
      /not among its references/,
    );
  });
});

describe("data of another writer", () => {
  const reader = protobuf('syntax = "proto3"; message Order { string a = 1; optional int64 b = 2; }');

  test("is read with what it has, and without what the reader does not know", () => {
    const writer = protobuf('syntax = "proto3"; message Order { string a = 1; string more = 9; }');
    assert.deepEqual(reader.decode(bytesOf(writer, { a: "x", more: "y" }), writerOf(writer), "reader"), { a: "x" });
    assert.deepEqual(reader.decode(bytesOf(writer, { a: "x", more: "y" }), writerOf(writer), "writer"), { a: "x", more: "y" });
  });

  test("with a schema that imports others is read with their texts", () => {
    const whole = protobuf('syntax = "proto3"; message Order { string a = 1; Money m = 2; } message Money { int64 cents = 1; }');
    const schema = 'syntax = "proto3"; import "money.proto"; message Order { string a = 1; Money m = 2; }';
    const imports = { "money.proto": 'syntax = "proto3"; message Money { int64 cents = 1; }' };
    const bytes = bytesOf(whole, { a: "x", m: { cents: 5 } });
    assert.deepEqual(whole.decode(bytes, { schemaType: "PROTOBUF", schema, imports }, "reader"), { a: "x", m: { cents: 5 } });
  });

  test("that holds a number that is not exact is refused, or read as text", () => {
    const file = 'syntax = "proto3"; message Order { int64 b = 2; }';
    const asText = protobuf(file, { int64: "text" });
    const bytes = bytesOf(asText, { b: "9007199254740993" });
    assert.throws(
      () => protobuf(file).decode(bytes, writerOf(asText), "reader"),
      /\/b is a whole number that no number of JavaScript can be exactly/,
    );
    assert.deepEqual(asText.decode(bytes, writerOf(asText), "reader"), { b: "9007199254740993" });
  });
});
