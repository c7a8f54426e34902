import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCompatibility, SchemaInvalid } from "../src/index.ts";

type Schema = Readonly<Record<string, unknown>>;

const record = (...fields: Schema[]): Schema => ({ type: "record", name: "Order", namespace: "shop", fields });
const check = (old: unknown, candidate: unknown): string[] =>
  checkCompatibility({
    type: "AVRO",
    level: "BACKWARD",
    candidate: { schema: candidate },
    versions: [{ version: 3, schema: old }],
  }).map(({ kind, pointer, message }) => `${kind} ${pointer}: ${message}`);

describe("Avro: a verdict explains itself", () => {
  const id = { name: "id", type: "string" };
  const cases: [what: string, old: unknown, candidate: unknown, ...expected: string[]][] = [
    [
      "a field without a default",
      record(id),
      record(id, { name: "total", type: "long" }),
      'required_added /fields/1: "/total" has no default in the new schema; version 3 does not have it',
    ],
    [
      "another type",
      record(id, { name: "total", type: "long" }),
      record(id, { name: "total", type: "int" }),
      'type_narrowed /fields/1/type: "/total" must be int in the new schema; version 3 allows long',
    ],
    [
      "a symbol less",
      record({ name: "state", type: { type: "enum", name: "State", symbols: ["OPEN", "PAID"] } }),
      record({ name: "state", type: { type: "enum", name: "State", symbols: ["OPEN"] } }),
      'values_narrowed /fields/0/type: "/state" must be OPEN (and it has no default) in the new schema; version 3 allows PAID',
    ],
    [
      "a branch less",
      record({ name: "note", type: ["null", "string"] }),
      record({ name: "note", type: ["string"] }),
      'choice_narrowed /fields/0/type: "/note" must be string in the new schema; version 3 allows null',
    ],
    [
      "inside a branch",
      record({ name: "to", type: ["null", { type: "record", name: "To", fields: [id] }] }),
      record({ name: "to", type: ["null", { type: "record", name: "To", fields: [id, { name: "zip", type: "string" }] }] }),
      'required_added /fields/0/type/1/fields/1: "/to/zip" has no default in the new schema; version 3 does not have it',
    ],
    [
      "another scale",
      { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 },
      { type: "bytes", logicalType: "decimal", precision: 9, scale: 3 },
      "scale_changed : the data must be a decimal of 9 digits, 3 behind the point in the new schema; version 3 allows a decimal of 9 digits, 2 behind the point",
    ],
  ];
  for (const [what, old, candidate, ...expected] of cases)
    it(what, () => {
      assert.deepEqual(check(old, candidate), expected);
    });

  it("named types of other schemas", () => {
    const money = { type: "record", name: "Money", namespace: "shop", fields: [{ name: "cents", type: "long" }] };
    const found = checkCompatibility({
      type: "AVRO",
      level: "FULL",
      candidate: { schema: record({ name: "total", type: "Money" }), references: new Map([["money", money]]) },
      versions: [{ version: 1, schema: record({ name: "total", type: money }) }],
    });
    assert.deepEqual(found, []);
  });

  it("what does not fit in one branch of a union is not taken for fitting in another", () => {
    const tree = (...leaf: Schema[]): Schema => ({
      type: "record",
      name: "Tree",
      fields: [{ name: "child", type: ["null", "Tree"] }, ...leaf],
    });
    const old = {
      type: "record",
      name: "Root",
      fields: [
        { name: "a", type: tree({ name: "x", type: "int" }) },
        { name: "b", type: "Tree" },
      ],
    };
    const candidate = {
      type: "record",
      name: "Root",
      fields: [
        { name: "a", type: ["null", tree({ name: "x", type: "string" })] },
        { name: "b", type: "Tree" },
      ],
    };
    assert.equal(check(old, candidate).length, 2);
  });
});

describe("Avro: what is no schema is said at its place", () => {
  const cases: [what: string, schema: unknown, message: RegExp][] = [
    ["an unknown type", record({ name: "a", type: "Money" }), /"\/fields\/0\/type" names the type "Money", which is not there/],
    ["no fields", { type: "record", name: "A" }, /is a record without a list of "fields"/],
    [
      "a default that does not fit",
      record({ name: "a", type: ["null", "string"], default: 7 }),
      /"\/fields\/0\/default" does not fit the type of the field: 7/,
    ],
    ["a bad name", { type: "enum", name: "a-b", symbols: ["A"] }, /has a name that Avro does not allow: "a-b"/],
    ["a symbol twice", { type: "enum", name: "E", symbols: ["A", "A"] }, /is an enum with a symbol twice/],
    ["a type twice in a union", ["int", "int"], /is a union that holds int twice/],
    [
      "a type defined twice",
      record({ name: "a", type: { type: "fixed", name: "Order", size: 1 } }),
      /defines shop.Order a second time/,
    ],
  ];
  for (const [what, schema, message] of cases)
    it(what, () => {
      assert.throws(
        () => check("string", schema),
        (error) => error instanceof SchemaInvalid && message.test(error.message),
      );
    });
});
