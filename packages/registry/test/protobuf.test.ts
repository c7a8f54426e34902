import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { isDescriptor, readProtoSchema } from "../src/compatibility/protobuf/read-proto-schema.ts";
import { checkCompatibility, SchemaInvalid } from "../src/index.ts";

const head = 'syntax = "proto3"; package shop;';
const check = (old: string, candidate: string, references?: ReadonlyMap<string, unknown>): string[] =>
  checkCompatibility({
    type: "PROTOBUF",
    level: "BACKWARD",
    candidate: { schema: candidate, ...(references === undefined ? {} : { references }) },
    versions: [{ version: 3, schema: old, ...(references === undefined ? {} : { references }) }],
  }).map(({ kind, path, pointer, message }) => `${kind} ${path} ${pointer}: ${message}`);

describe("Protobuf: a verdict explains itself", () => {
  const cases: [what: string, old: string, candidate: string, ...expected: string[]][] = [
    [
      "another type, deep inside",
      `${head} message Order { repeated Line lines = 1; message Line { map<string, Price> prices = 1; } message Price { int64 cents = 1; } }`,
      `${head} message Order { repeated Line lines = 1; message Line { map<string, Price> prices = 1; } message Price { string cents = 1; } }`,
      'field_scalar_kind_changed /lines/[]/prices/{}/cents /Order/Price/cents: "/lines/[]/prices/{}/cents" must be string in the new schema; version 3 allows int64',
    ],
    [
      "several of what was one",
      `${head} message Order { int32 total = 1; }`,
      `${head} message Order { repeated int32 total = 1; }`,
      'field_numeric_label_changed /total /Order/total: "/total" must be repeated int32 in the new schema; version 3 allows int32',
    ],
    [
      "another message",
      `${head} message Order { Money total = 1; } message Money {} message Amount {}`,
      `${head} message Order { Amount total = 1; } message Money {} message Amount {}`,
      'field_named_type_changed /total /Order/total: "/total" must be message Amount in the new schema; version 3 allows message Money',
    ],
    [
      "a message that is gone",
      `${head} message Order { message Line {} }`,
      `${head} message Order {}`,
      "message_removed  /Order/Line: the data may be a message Order.Line in version 3, which the new schema does not have",
    ],
    [
      "another package",
      `${head} message Order {}`,
      'syntax = "proto3"; message Order {}',
      "package_changed  : the data is of the package shop in version 3, and of no package in the new schema",
    ],
    [
      "a required field more, and one less",
      'syntax = "proto2"; message Order { required string id = 1; }',
      'syntax = "proto2"; message Order { required string key = 2; }',
      'required_field_added /key /Order/key: "/key" is required in the new schema; version 3 does not have it',
      'required_field_removed /id /Order: "/id" is required in version 3; the new schema does not have it',
    ],
    [
      "a choice less",
      `${head} message Order { oneof pay { string card = 1; bool cash = 2; } }`,
      `${head} message Order { oneof pay { string card = 1; } }`,
      'oneof_field_removed /cash /Order: "/cash" is one that pay may be in version 3; the new schema does not have it',
    ],
    [
      "fields that exclude one another",
      `${head} message Order { string mail = 1; string phone = 2; }`,
      `${head} message Order { oneof contact { string mail = 1; string phone = 2; } }`,
      'multiple_fields_moved_to_oneof /contact /Order/contact: "/contact" must be only one of mail or phone in the new schema; version 3 allows several of them',
    ],
    [
      "keys of a map",
      `${head} message Order { map<string, int32> counts = 1; }`,
      `${head} message Order { map<int32, int32> counts = 1; }`,
      'field_scalar_kind_changed /counts /Order/counts: "/counts" must be map<int32, int32> in the new schema; version 3 allows map<string, int32>',
    ],
    [
      "messages that hold themselves",
      `${head} message A { A a = 1; B b = 2; } message B { A a = 1; }`,
      `${head} message A { A a = 1; B b = 2; string c = 3; } message B { A a = 1; }`,
    ],
  ];
  for (const [what, old, candidate, ...expected] of cases)
    it(what, () => {
      assert.deepEqual(check(old, candidate), expected);
    });

  it("in a file that is imported, with its name", () => {
    const money = (type: string) => new Map([["money.proto", `${head} message Money { ${type} cents = 1; }`]]);
    const order = `${head} import "money.proto"; message Order { Money total = 1; }`;
    const [found] = checkCompatibility({
      type: "PROTOBUF",
      level: "FORWARD",
      candidate: { schema: order, references: money("double") },
      versions: [{ version: 1, schema: order, references: money("int64") }],
    });
    assert.equal(found?.pointer, "money.proto#/Money/cents");
    assert.equal(found?.message, '"/total/cents" must be int64 in version 1; the new schema allows double');
  });
});

describe("Protobuf: the same schema", () => {
  const written = (text: string, references?: ReadonlyMap<string, unknown>): string =>
    readProtoSchema(text, references === undefined ? {} : { references }).written;
  const order = `${head} message Order { string id = 1; Line line = 2; message Line { sint32 count = 1 [deprecated = true]; } }`;

  it("is the same with other white space, comments, quotes and names in full, and as a descriptor", () => {
    const other = `// An order.
      syntax = 'proto3';;
      package shop; /* The shop's. */
      message Order {
        string id = 0x1; // Given once.
        .shop.Order.Line line = 2; ;
        message Line { sint32 count = 1 [ deprecated=true ]; }
      };`;
    assert.equal(written(other), written(order));
    const descriptor = Buffer.from(readProtoSchema(order).bytes).toString("base64");
    assert.ok(isDescriptor(descriptor) && !isDescriptor(order));
    assert.equal(written(descriptor), written(order));
  });

  it("is another one with another name, number, option, or order of messages", () => {
    for (const other of [
      order.replace("string id", "string key"),
      order.replace("id = 1", "id = 3"),
      order.replace("true", "false"),
      order.replace("message Order", "message First {} message Order"),
    ])
      assert.notEqual(written(other), written(order), other);
  });

  it("normalised, the order of fields, values and imports means nothing", () => {
    const one = `${head} import "google/protobuf/empty.proto"; import "google/protobuf/any.proto"; message A { string b = 2; string a = 1; enum E { X = 0; Z = 2; Y = 1; } }`;
    const other = `${head} import "google/protobuf/any.proto"; import "google/protobuf/empty.proto"; message A { string a = 1; string b = 2; enum E { X = 0; Y = 1; Z = 2; } }`;
    assert.notEqual(written(one), written(other));
    assert.equal(readProtoSchema(one).normalized, readProtoSchema(other).normalized);
    assert.equal(readProtoSchema(readProtoSchema(one).normalized).written, readProtoSchema(one).normalized);
  });

  it("keeps its message types in their places, which records refer to", () => {
    const names = (text: string): string[] => {
      const { messageType } = fromBinary(wkt.FileDescriptorProtoSchema, readProtoSchema(text).bytes);
      return messageType[0]?.nestedType.map(({ name }) => name) ?? [];
    };
    const text = `${head} message A { message B {} map<string, B> by_name = 2; message C {} oneof x { C c = 4; } map<string, C> others = 1; message D {} }`;
    const expected = ["B", "ByNameEntry", "C", "OthersEntry", "D"];
    assert.deepEqual(names(text), expected);
    assert.deepEqual(names(written(text)), expected);
    assert.deepEqual(names(readProtoSchema(text).normalized), expected);
  });

  it("custom options are understood, written, and handed on", () => {
    const rules = `syntax = "proto3"; package rules; import "google/protobuf/descriptor.proto";
      message Rule { string name = 1; repeated int32 levels = 2; Rule inner = 3; bytes raw = 4; }
      extend google.protobuf.FieldOptions { Rule rule = 50001; repeated string tags = 50002; }
      extend google.protobuf.MessageOptions { string owner = 50001; }`;
    const references = new Map([["rules.proto", rules]]);
    const text = `${head} import "rules.proto"; message Order {
      option (rules.owner) = "the \\"shop\\"";
      string id = 1 [(rules.rule) = { name: "a" "b" levels: [1, -2] inner { raw: "\\001x" } }, (rules.tags) = "x", (rules.tags) = "y"];
      string key = 2 [(.rules.rule).name = "k", (rules.rule).inner.name = "n"];
    }`;
    const schema = readProtoSchema(text, { references });
    assert.match(schema.written, /option \(rules.owner\) = "the \\"shop\\"";/);
    assert.match(schema.written, /string key = 2 \[\(rules.rule\) = \{ name: "k" inner: \{ name: "n" \} \}\];/);
    assert.match(schema.written, /\(rules.tags\) = "x", \(rules.tags\) = "y"/);
    assert.equal(written(schema.written, references), schema.written);
    assert.equal(written(Buffer.from(schema.bytes).toString("base64"), references), schema.written);
  });

  it("each of Google's files that its compiler made is the same after being written and read", () => {
    const files = Object.values(wkt).filter(
      (each): each is typeof wkt.file_google_protobuf_any =>
        "kind" in Object(each) && (each as { kind?: unknown }).kind === "file",
    );
    assert.ok(files.length >= 14);
    for (const { proto } of files) {
      const given = Buffer.from(toBinary(wkt.FileDescriptorProtoSchema, proto)).toString("base64");
      const first = readProtoSchema(given);
      const again = readProtoSchema(first.written);
      assert.equal(again.written, first.written, proto.name);
      assert.deepEqual(plain(again.bytes), plain(first.bytes), proto.name);
    }
  });
});

/** Options of which nothing is set are like none. */
const plain = (bytes: Uint8Array): unknown => {
  const json = toJson(wkt.FileDescriptorProtoSchema, fromBinary(wkt.FileDescriptorProtoSchema, bytes));
  return JSON.parse(
    JSON.stringify(json, (key, value: object) => (key === "options" && Object.keys(value).length === 0 ? undefined : value)),
  );
};

describe("Protobuf: what is no schema is said at its place", () => {
  const cases: [what: string, text: string, message: RegExp, references?: Record<string, string>][] = [
    ["nothing", "message", /line 1, column 8 has its end where the name of a message is expected/],
    ["words", "this is no schema", /line 1, column 1 has "this" where a message, an enum or another definition is expected/],
    ["JSON", '{"type":"object"}', /line 1, column 1 has "\{" where/],
    ["no end", `${head}\nmessage A {\n string a = 1;`, /line 3, column 15 has its end where/],
    ["a text without an end", `${head} import "a`, /begins a string that does not end on its line/],
    ["a comment without an end", `${head} /* a`, /begins a comment that does not end/],
    ["an unknown syntax", 'syntax = "proto4";', /has the syntax "proto4", which is not proto2 or proto3/],
    ["an unknown type", `${head} message A { Money m = 1; }`, /"\/A\/m" names the type Money, which is defined neither here nor/],
    ["an unknown import", `${head} import "m.proto"; message A {}`, /imports "m.proto", which is not among its references/],
    [
      "a type that is not imported itself",
      `${head} import "a.proto"; message A { B b = 1; }`,
      /names the type B/,
      { "a.proto": `${head} import "b.proto";`, "b.proto": `${head} message B {}` },
    ],
    [
      "imports in a circle",
      `${head} import "a.proto";`,
      /imports that go in a circle: a.proto → b.proto → a.proto/,
      { "a.proto": `${head} import "b.proto";`, "b.proto": `${head} import "a.proto";` },
    ],
    [
      "what is wrong in an import",
      `${head} import "a.proto";`,
      /"\/A\/x" names the type X.*\(in a.proto, which it imports\)/,
      { "a.proto": `${head} message A { X x = 1; }` },
    ],
    [
      "one name twice",
      `${head} import "a.proto"; message A {}`,
      /defines shop.A twice: in the schema itself and in a.proto/,
      { "a.proto": `${head} message A {}` },
    ],
    ["a number twice", `${head} message A { string a = 1; string b = 1; }`, /"\/A\/b" has the number 1, which a has/],
    ["a name twice", `${head} message A { string a = 1; string a = 2; }`, /"\/A\/a" is defined twice/],
    ["a number that is none", `${head} message A { string a = 0; }`, /has the number 0; it may be 1 to 536870911/],
    ["a number of Google's", `${head} message A { string a = 19500; }`, /19000 to 19999 are for Protocol Buffers itself/],
    ["a reserved number", `${head} message A { reserved 2 to 5; string a = 3; }`, /has a name or a number \(3\) that A reserves/],
    ["an enum that does not begin with 0", `${head} enum E { A = 1; }`, /is an enum whose first value is not 0/],
    ["required in proto3", `${head} message A { required string a = 1; }`, /is required, which proto3 does not have/],
    ["no label in proto2", "message A { string a = 1; }", /without optional, required or repeated, one of which proto2 asks for/],
    ["a map of messages to what", `${head} message A { map<A, string> a = 1; }`, /is a map whose keys are no whole numbers/],
    [
      "an unknown option",
      `${head} message A { string a = 1 [colour = RED]; }`,
      /"\/A\/a" has the option colour, which cannot be read/,
    ],
    [
      "an unknown custom option",
      `${head} message A { string a = 1 [(x.y) = 1]; }`,
      /names the option x.y, which is defined neither here/,
    ],
    [
      "a value that does not fit",
      `${head} message A { string a = 1 [deprecated = 7]; }`,
      /has the option deprecated, which cannot be read/,
    ],
    [
      "an import that is called like what each object has",
      `${head} import "constructor"; message A {}`,
      /imports "constructor", which is not/,
    ],
    [
      "numbers without end",
      `${head} message A { reserved 5 to 99999999999; }`,
      /has a range from 5 to 99999999999; it may be from 1 to 536870911/,
    ],
    [
      "a default that is no number",
      'syntax = "proto2"; message A { optional int32 a = 1 [default = 3000000000]; }',
      /has the default "3000000000", which is no value/,
    ],
    [
      "a default that the enum does not have",
      'syntax = "proto2"; message M { optional E e = 1 [default = B]; } enum E { A = 0; }',
      /has the default B, which E does not have/,
    ],
    ["ranges that overlap", `${head} message A { reserved 1 to 9, 4; }`, /has ranges of numbers that are none or overlap, at 4/],
    [
      "an option of something else",
      `${head} import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { int32 x = 50000; } message A { option (x) = 1; }`,
      /has the option \(x\), which is one of google.protobuf.FieldOptions/,
    ],
    [
      "what only compilers say",
      `${head} message A { option map_entry = true; }`,
      /has the option map_entry, which is for compilers/,
    ],
    [
      "an enum of proto2 in proto3",
      `${head} import "e.proto"; message A { E e = 1; }`,
      /is the enum E of a file in proto2/,
      { "e.proto": 'syntax = "proto2"; enum E { X = 0; }' },
    ],
    ["an empty oneof", `${head} message A { oneof x {} }`, /is a oneof without fields/],
    ["a descriptor that is none", "AAAA", /is no .proto file and no descriptor of one/],
    ["nested without end", `${head} ${"message A {".repeat(3_000)}`, /is nested deeper than 64 messages/],
    ["a value that is nested without end", `${head} option (a) = ${"{a:".repeat(3_000)}`, /is nested deeper than 64 values/],
  ];
  for (const [what, text, message, references = {}] of cases)
    it(what, () => {
      assert.throws(
        () => readProtoSchema(text, { references: new Map(Object.entries(references)) }),
        (error) => {
          assert.ok(error instanceof SchemaInvalid, String((error as Error).stack));
          assert.match(error.message, message);
          return true;
        },
      );
    });
});
