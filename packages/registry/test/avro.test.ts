import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseExactly, parseWithBigints } from "../src/compatibility/exact-json.ts";
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
    [
      "another unit",
      record({ name: "at", type: { type: "long", logicalType: "timestamp-millis" } }),
      record({ name: "at", type: { type: "long", logicalType: "timestamp-micros" } }),
      'logical_type_changed /fields/0/type: "/at" must be timestamp-micros in the new schema; version 3 allows timestamp-millis',
    ],
    [
      "an instant for a date",
      record({ name: "at", type: { type: "int", logicalType: "date" } }),
      record({ name: "at", type: { type: "long", logicalType: "timestamp-millis" } }),
      'logical_type_changed /fields/0/type: "/at" must be timestamp-millis in the new schema; version 3 allows date',
    ],
    [
      "the bare number of an instant, and an unknown meaning, are no other value",
      record(
        { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
        { name: "n", type: { type: "int", logicalType: "timestamp-millis" } },
      ),
      record({ name: "at", type: "long" }, { name: "n", type: { type: "int", logicalType: "date" } }),
    ],
    [
      "one field that is taken for two",
      record({ name: "a", type: "int" }),
      record({ name: "x", type: "int", aliases: ["a"] }, { name: "b", type: "int", aliases: ["a"] }),
      'field_taken_twice /fields/1: "/b" is called a in version 3, and so is "/x": which of them it is cannot be told',
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

describe("numbers with all their digits", () => {
  it("are read within 2 s, however they are written", () => {
    for (const text of [`1e${"9".repeat(5_000_000)}`, "9".repeat(5_000_000), `0.${"0".repeat(5_000_000)}1`])
      for (const parse of [parseExactly, parseWithBigints]) {
        const before = process.cpuUsage();
        JSON.stringify(parse(text));
        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 2_000_000, `${parse.name} of ${text.slice(0, 10)} takes ${user + system} µs`);
      }
  });
});

describe("Avro: time is bounded", () => {
  const named = (name: string, ...types: unknown[]): Schema => ({
    type: "record",
    name,
    fields: types.map((type, index) => ({ name: `f${index}`, type })),
  });
  const spent = (old: unknown, candidate: unknown): { readonly found: string[]; readonly ms: number } => {
    const before = process.cpuUsage();
    const found = check(old, candidate);
    const { user, system } = process.cpuUsage(before);
    return { found, ms: (user + system) / 1_000 };
  };
  const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));

  it("hundreds of branches that refer back are compared once each", () => {
    const tangled = (leaf: string): Schema =>
      named(
        "R",
        list(300, (index) => named(`A${index}`, ["null", "R"])),
        leaf,
      );
    const same = spent(tangled("int"), tangled("int"));
    assert.deepEqual(same.found, []);
    assert.ok(same.ms < 2_000, `${same.ms} ms`);
    const other = spent(tangled("string"), tangled("int"));
    assert.ok(other.found.length > 0 && other.found.length < 1_000, String(other.found.length));
    assert.ok(other.ms < 2_000, `${other.ms} ms`);
  });

  it("differences that are met by many ways are not told as often", () => {
    const doubled = (leaf: string): unknown[] => [
      named("D0", leaf),
      ...list(60, (index) => named(`D${index + 1}`, ["null", `D${index}`], ["null", `D${index}`])),
    ];
    const { found, ms } = spent(doubled("string"), doubled("int"));
    assert.ok(found.length > 0 && found.length < 10_000, String(found.length));
    assert.ok(ms < 2_000, `${ms} ms`);
  });

  it("what is too wide or too deep to be proven is said to be", () => {
    const wide = list(3_000, (index) => named(`W${index}`));
    const chain = [named("C0"), ...list(20_000, (index) => named(`C${index + 1}`, `C${index}`))];
    const deep = named("R", ["null", ...chain], "C20000");
    for (const [old, candidate] of [
      [wide, wide],
      [deep, deep],
    ]) {
      const { found, ms } = spent(old, candidate);
      assert.match(found[0] ?? "", /^too_complex : whether the new schema reads what version 3 allows takes too long to prove/);
      assert.ok(ms < 2_000, `${ms} ms`);
    }
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
    [
      "a default that is itself again",
      record({ name: "r", type: "Order", default: {} }),
      /"\/fields\/0\/default" leaves out what has defaults, which have others, and so on without end/,
    ],
    [
      "a default that doubles",
      [
        { type: "record", name: "D0", fields: [{ name: "x", type: "int", default: 0 }] },
        ...Array.from({ length: 40 }, (_, index) => ({
          type: "record",
          name: `D${index + 1}`,
          fields: ["x", "y"].map((name) => ({ name, type: `D${index}`, default: {} })),
        })),
      ],
      /without end/,
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
