import assert from "node:assert/strict";
import { test } from "node:test";
import { avro } from "@throughline/registry/avro";
import { defineEvent, readData } from "throughline";
import { avroToJsonSchema } from "./avro-to-json-schema.ts";

const order = {
  type: "record",
  name: "Order",
  namespace: "shop",
  doc: "An order.",
  fields: [
    { name: "id", type: "string", doc: "Never reused." },
    { name: "total", type: "long" },
    { name: "paid", type: ["null", { type: "bytes", logicalType: "decimal", precision: 8, scale: 2 }], default: null },
    { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "day", type: { type: "int", logicalType: "date" } },
    { name: "state", type: { type: "enum", name: "State", symbols: ["OPEN", "CLOSED"] } },
    { name: "before", type: ["null", "State"], default: null },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "counts", type: { type: "map", values: "int" } },
    { name: "raw", type: { type: "fixed", name: "Four", size: 4 } },
    {
      name: "line",
      type: { type: "record", name: "Line", fields: [{ name: "next", type: ["null", "shop.Line"], default: null }] },
    },
  ],
};

const data = {
  id: "o-1",
  total: 5,
  paid: "12.50",
  at: "2026-01-31T12:30:00.000Z",
  day: "2026-01-31",
  state: "OPEN",
  before: "CLOSED",
  tags: ["a"],
  counts: { a: 1 },
  raw: "AAECAw==",
  line: { next: { next: null } },
};

test("what Avro decodes is what the JSON Schema says, field by field", () => {
  const schema = avroToJsonSchema(order);
  if (typeof schema === "string") assert.fail(schema);
  const contract = defineEvent<string, Record<string, string>>("order.made", { version: 1, subject: "id", data: schema });
  const encoding = avro(order);
  const encoded = encoding.encode(data);
  if (!("bytes" in encoded)) assert.fail(JSON.stringify(encoded.problems));
  const writer = { schemaType: "AVRO", schema: JSON.stringify(order), imports: {} } as const;
  const decoded = encoding.decode(encoded.bytes, writer, "reader");
  assert.deepEqual(readData(contract, 1, decoded), data);
  // Each field is held to something.
  for (const [name, wrong] of Object.entries({
    ...data,
    total: "5",
    tags: [1],
    counts: { a: "1" },
    line: { next: 1 },
    state: "GONE",
  }))
    if (wrong !== (data as Record<string, unknown>)[name])
      assert.throws(() => readData(contract, 1, { ...data, [name]: wrong }), { code: "EVENT_INVALID" }, name);
  for (const name of ["id", "total", "at", "day", "state", "tags", "counts", "raw", "line"])
    assert.ok((schema["required"] as string[]).includes(name), name);
  assert.deepEqual(
    [schema["description"], (schema["properties"] as Record<string, { description?: string }>)["id"]?.description],
    ["An order.", "Never reused."],
  );
});

test("a record that holds itself refers to itself", () => {
  const node = {
    type: "record",
    name: "Node",
    fields: [
      { name: "id", type: "string" },
      { name: "next", type: ["null", "Node"], default: null },
    ],
  };
  const schema = avroToJsonSchema(node);
  if (typeof schema === "string") assert.fail(schema);
  const contract = defineEvent<string, Record<string, string>>("node.made", { version: 1, subject: "id", data: schema });
  const nested = { id: "a", next: { id: "b", next: null } };
  assert.deepEqual(readData(contract, 1, nested as never), nested);
  assert.throws(() => readData(contract, 1, { id: "a", next: { id: 1 } }), { code: "EVENT_INVALID" });
});

for (const [what, schema, why] of [
  ["an enum", { type: "enum", name: "E", symbols: ["A"] }, /no record/],
  ["a name that is nowhere", { type: "record", name: "R", fields: [{ name: "a", type: "Gone" }] }, /refers to "Gone"/],
  ["no type at all", { type: "record", name: "R", fields: [{ name: "a", type: 3 }] }, /no type of Avro/],
] as const)
  test(`${what} is left out, with why`, () => {
    const found = avroToJsonSchema(schema);
    assert.match(typeof found === "string" ? found : "it was not left out", why);
  });
