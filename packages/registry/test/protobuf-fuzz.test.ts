import assert from "node:assert/strict";
import { test } from "node:test";
import { readProtoSchema } from "../src/compatibility/protobuf/read-proto-schema.ts";
import { checkCompatibility, SchemaInvalid } from "../src/index.ts";
import { sizes } from "../../../e2e/sizes.ts";

const count = sizes({ test: 1_000, soak: 30_000 });

const seeds = [
  `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; option java_package = "a\\x41\\n";
   message Order { reserved 9, 11 to 20; string id = 1 [deprecated = true]; Line line = 2; map<string, Line> by_sku = 3;
     oneof pay { bool cash = 4; string card = 5; } optional int64 total = 6; google.protobuf.Timestamp at = 7; repeated State states = 8;
     message Line { sint32 count = 1; enum Unit { ONE = 0; } Unit unit = 2; } }
   enum State { OPEN = 0; PAID = 1; } service Orders { rpc Get(Order) returns (stream Order) { option deprecated = true; } }`,
  `syntax = "proto2"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { optional Rule rule = 50001; }
   message Rule { optional string name = 1 [default = "x"]; repeated int32 levels = 2 [packed = true]; extensions 100 to max;
     required bytes raw = 3 [(rule) = { name: "a" levels: [1, 2] raw: "r" }, default = "\\001"]; optional group Inner = 4 { optional double d = 1 [default = -inf]; } }`,
  `edition = "2023"; option features.field_presence = IMPLICIT; message A { int32 a = 1 [features.field_presence = EXPLICIT]; reserved foo; }`,
];
const words =
  `{ } ( ) [ ] < > ; = , . - : / " ' \\ 0 1 2 -1 19000 536870911 536870912 99999999999999999999 1e400 0x 08 inf nan message enum oneof
  map group optional required repeated reserved extensions extend import public option syntax edition package service rpc returns stream
  constructor __proto__ toString hasOwnProperty prototype Order Line .shop.Order string int32 double bytes "proto2" "constructor" to max
  true default json_name features deprecated packed map_entry (rule) \u0000 \u{1f600} é // /*`.split(/\s+/);

/** Mulberry32. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

test(`of ${count} damaged schemas of Protobuf each is read the same again, or said to be none`, () => {
  const seed = Number(process.env["THROUGHLINE_SCHEMAS_SEED"] ?? 20_261_126);
  const below = random(seed);
  const tokens = seeds.map((text) => text.match(/"[^"]*"|[\w.]+|\S/g) ?? []);
  const outcomes = { read: 0, refused: 0 };
  for (let n = 0; n < count; n += 1) {
    const damaged = [...(tokens[n % tokens.length] as string[])];
    for (let change = below(2); change >= 0; change -= 1) {
      const [at, word] = [below(damaged.length), words[below(words.length)] as string];
      const kind = below(20);
      if (kind === 0) damaged.splice(at, 1);
      else if (kind === 1) damaged.splice(at, 0, word);
      else if (kind === 2) damaged[at] = word;
      else if (kind === 3) damaged.splice(at, 0, ...damaged.slice(at, at + below(12)));
      else {
        const alike = damaged.filter((each) => classOf(each) === classOf(damaged[at] as string));
        damaged[at] = alike[below(alike.length)] as string;
      }
    }
    const text = below(10) === 0 ? inBytes(damaged.join(" "), below) : damaged.join(" ");
    try {
      const schema = readProtoSchema(text);
      const { written } = schema;
      assert.equal(readProtoSchema(written).written, written, `${text}; seed ${seed}`);
      assert.equal(readProtoSchema(Buffer.from(schema.bytes).toString("base64")).written, written, `${text}; seed ${seed}`);
      assert.equal(readProtoSchema(schema.normalized).normalized, schema.normalized, `${text}; seed ${seed}`);
      const same = { version: 1, schema: text };
      assert.deepEqual(
        checkCompatibility({ type: "PROTOBUF", level: "FULL", candidate: { schema: written }, versions: [same] }),
        [],
      );
      outcomes.read += 1;
    } catch (error) {
      assert.ok(error instanceof SchemaInvalid, `${text}; seed ${seed}: ${(error as Error).stack}`);
      outcomes.refused += 1;
    }
  }
  console.log(JSON.stringify(outcomes));
  assert.ok(outcomes.read > count / 20 && outcomes.refused > count / 20);
});

const classOf = (word: string): string =>
  /^\d/.test(word) ? "number" : /^[A-Z]/.test(word) ? "type" : /^\w/.test(word) ? "word" : word;

/** As a descriptor, some bytes of which are others. */
function inBytes(text: string, below: (limit: number) => number): string {
  try {
    const bytes = Buffer.from(readProtoSchema(text).bytes);
    for (let change = below(4); change >= 0; change -= 1) bytes[below(bytes.length)] = below(256);
    return bytes.toString("base64");
  } catch (error) {
    if (error instanceof SchemaInvalid) return text;
    throw error;
  }
}
