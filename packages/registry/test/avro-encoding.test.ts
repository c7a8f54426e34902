import assert from "node:assert/strict";
import { describe, test } from "node:test";
import avsc from "avsc";
import * as fc from "fast-check";
import type { Encoding, WriterSchema } from "throughline/seams";
import { avro, type AvroSchema, type NumberOptions } from "../src/encodings/avro/index.ts";

const writerOf = ({ schema }: Encoding): WriterSchema => ({ schemaType: "AVRO", schema, imports: {} });

function bytesOf(encoding: Encoding, data: unknown): Uint8Array {
  const encoded = encoding.encode(data);
  assert.ok("bytes" in encoded, JSON.stringify(encoded));
  return encoded.bytes;
}

function problemsOf(encoding: Encoding, data: unknown): string[] {
  const encoded = encoding.encode(data);
  return "problems" in encoded ? encoded.problems.map(({ pointer, message }) => `${pointer} ${message}`) : [];
}

/** Through bytes and back, by one schema. */
function there(encoding: Encoding, data: unknown): unknown {
  return encoding.decode(bytesOf(encoding, data), writerOf(encoding), "reader");
}

const record = (...fields: object[]) => ({ type: "record", name: "Order", fields });
const field = (type: AvroSchema, options?: NumberOptions): Encoding => avro(record({ name: "x", type }), options);

describe("data in Avro", () => {
  const kept: [string, Encoding, unknown][] = [
    ["text", field("string"), "grüße 𝄞"],
    ["an int at its ends", field({ type: "array", items: "int" }), [2 ** 31 - 1, -(2 ** 31), 0, -1]],
    ["a long as far as numbers are exact", field({ type: "array", items: "long" }), [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 40, -1]],
    [
      "a long as text, as far as it goes",
      field({ type: "array", items: "long" }, { int64: "text" }),
      ["9223372036854775807", "-9223372036854775808", "0"],
    ],
    ["a double", field("double"), 0.1],
    ["a float that is one", field("float"), 0.25],
    ["bytes", field("bytes"), "AAEC/w=="],
    ["fixed", field({ type: "fixed", name: "Two", size: 2 }), "AQI="],
    ["an enum", field({ type: "enum", name: "State", symbols: ["OPEN", "SHUT"] }), "SHUT"],
    ["a map with any names", field({ type: "map", values: "int" }), JSON.parse('{ "__proto__": 1, "a/b": 2, "": 3 }')],
    ["null in a union", field(["null", "string"]), null],
    [
      "one of several records",
      field(
        [record({ name: "a", type: "int" }), { ...record({ name: "b", type: "int" }), name: "Other" }].map((each, index) => ({
          ...each,
          name: `R${index}`,
        })),
      ),
      { b: 1 },
    ],
    ["a number or text", field(["string", "long"]), 5],
    ["a date", field({ type: "int", logicalType: "date" }), "1969-12-31"],
    ["a time", field({ type: "int", logicalType: "time-millis" }), "23:59:59.999"],
    ["an instant", field({ type: "long", logicalType: "timestamp-millis" }), "2026-01-31T12:30:00.123Z"],
    ["an instant in microseconds", field({ type: "long", logicalType: "timestamp-micros" }), "1969-12-31T23:59:59.999999Z"],
    ["a decimal", field({ type: "bytes", logicalType: "decimal", precision: 6, scale: 2 }), "-1234.56"],
    [
      "a small decimal in fixed bytes",
      field({ type: "fixed", name: "Price", size: 4, logicalType: "decimal", precision: 6, scale: 2 }),
      "0.07",
    ],
    ["a uuid", field({ type: "string", logicalType: "uuid" }), "018d3f6e-0000-7000-8000-000000000000"],
  ];
  for (const [title, encoding, data] of kept)
    test(`is read as it was written: ${title}`, () => assert.deepEqual(there(encoding, { x: data }), { x: data }));

  test("that says the same in other words is read as Avro keeps it", () => {
    const time = field({ type: "long", logicalType: "timestamp-millis" });
    assert.deepEqual(there(time, { x: "2026-01-31T13:30:00+01:00" }), { x: "2026-01-31T12:30:00.000Z" });
    assert.deepEqual(there(field({ type: "bytes", logicalType: "decimal", precision: 6, scale: 2 }), { x: "7" }), { x: "7.00" });
  });

  test("that is not there is the field's default, or null", () => {
    const encoding = avro(
      record(
        { name: "a", type: ["null", "string"], default: null },
        { name: "b", type: "int", default: 7 },
        { name: "c", type: "bytes", default: "ÿ" },
        { name: "d", type: ["string", "null"] },
      ),
    );
    assert.deepEqual(there(encoding, {}), { a: null, b: 7, c: "/w==", d: null });
    assert.deepEqual(there(encoding, { a: undefined, d: "x" }), { a: null, b: 7, c: "/w==", d: "x" });
  });

  const refused: [string, Encoding, unknown, string][] = [
    ["a fraction in a long", field("long"), 1.5, "/x must be a whole number, for Avro's long, but is a number"],
    [
      "a number that is not exact",
      field("long"),
      2 ** 53,
      '/x is larger than a number of JavaScript can be exactly; say { int64: "text" } and give it as text',
    ],
    ["a number beyond 32 bits", field("int"), 2 ** 31, "/x does not fit 32 bits, as Avro's int has them"],
    [
      "text beyond 64 bits",
      field("long", { int64: "text" }),
      "9223372036854775808",
      "/x must be a whole number as text, for Avro's long, but is text",
    ],
    [
      "a number that a float would change",
      field("float"),
      0.1,
      "/x cannot be held by Avro's float without being changed; make the field a double",
    ],
    [
      "a symbol that is none",
      field({ type: "enum", name: "State", symbols: ["A", "B"] }),
      "C",
      "/x must be one of the symbols of State: A, B",
    ],
    ["a property without a field", avro(record({ name: "x", type: "int" })), undefined, ""],
    ["half a character", field("string"), "\ud800", "/x must be well-formed Unicode"],
    ["text that is no base64", field("bytes"), "no!", "/x must be base64, for Avro's bytes, but is text"],
    [
      "a date that is none",
      field({ type: "int", logicalType: "date" }),
      "2026-02-30",
      "/x must be text such as 2026-01-31, for Avro's int (date), but is text",
    ],
    [
      "an instant that is finer",
      field({ type: "long", logicalType: "timestamp-millis" }),
      "2026-01-31T12:30:00.1234Z",
      "/x must be text such as 2026-01-31T12:30:00.000Z, for Avro's long (timestamp-millis), but is text",
    ],
    [
      "a decimal that is finer",
      field({ type: "bytes", logicalType: "decimal", precision: 4, scale: 2 }),
      "1.234",
      "/x must be decimal text of at most 4 digits, 2 of them behind the point",
    ],
    ["what no branch takes", field(["null", "int"]), "a", "/x is text, and the Avro schema takes null, int"],
    [
      "what its branch does not take",
      field(
        ["null", record({ name: "y", type: "int" })].map((each) => (typeof each === "string" ? each : { ...each, name: "In" })),
      ),
      { y: 1.5 },
      "/x/y must be a whole number, for Avro's int, but is a number",
    ],
    ["an item", field({ type: "array", items: "int" }), [1, "2"], "/x/1 must be a whole number, for Avro's int, but is text"],
  ];
  for (const [title, encoding, data, problem] of refused.filter(([, , , what]) => what !== ""))
    test(`is refused with its place: ${title}`, () => assert.deepEqual(problemsOf(encoding, { x: data }), [problem]));

  test("that is nested without end is refused", () => {
    const node = avro({ type: "record", name: "R", fields: [{ name: "n", type: ["null", "R"], default: null }] });
    let data: object = {};
    for (let level = 0; level < 400; level += 1) data = { n: data };
    assert.deepEqual(problemsOf(node, data), []);
    for (let level = 0; level < 20_000; level += 1) data = { n: data };
    assert.match(problemsOf(node, data)[0] ?? "", /^\/n\/n.* is nested deeper than 500 levels$/);
  });

  test("that was written deeper than is read is said to be, in a few words", () => {
    const own = { type: "record", name: "R", fields: [{ name: "n", type: ["null", "R"], default: null }] };
    const lists = { type: "record", name: "R", fields: [{ name: "n", type: { type: "array", items: "R" } }] };
    const maps = { type: "record", name: "R", fields: [{ name: "n", type: { type: "map", values: "R" } }] };
    const read = (schema: object, level: readonly number[], levels: number) => {
      const encoding = avro(schema);
      const bytes = Uint8Array.from([
        ...Array.from({ length: levels }, () => level).flat(),
        ...Array<number>(levels + 1).fill(0),
      ]);
      return encoding.decode(
        bytes.subarray(0, levels * level.length + (schema === own ? 1 : levels + 1)),
        writerOf(encoding),
        "reader",
      );
    };
    assert.equal(JSON.stringify(read(own, [2], 500)).match(/n/g)?.length, 502);
    for (const levels of [501, 100_000])
      assert.throws(() => read(own, [2], levels), { message: "is nested deeper than 500 levels" });
    // One item, or one of the name "".
    assert.throws(() => read(lists, [2], 100_000), { message: "is nested deeper than 500 levels" });
    assert.throws(() => read(maps, [2, 0], 100_000), { message: "is nested deeper than 500 levels" });
  });

  test("is refused with every place at once", () => {
    const encoding = avro(
      record({ name: "a", type: "int" }, { name: "b/c", type: "int" }.name === "" ? {} : { name: "b", type: "int" }),
    );
    assert.deepEqual(problemsOf(encoding, { b: "x", "c~/d": 1 }), [
      "/a is missing; the Avro schema has no default for it and does not take null",
      "/b must be a whole number, for Avro's int, but is text",
      "/c~0~1d has no field in the Avro record Order, and would be lost",
    ]);
  });
});

describe("a schema", () => {
  test("that is none makes a contract's problem", () => {
    assert.match(avro({ type: "record", name: "X" }).problems[0]?.message ?? "", /without a list of "fields"/);
    assert.match(avro("{").problems[0]?.message ?? "", /is no JSON/);
  });

  test("may hold itself, and define a type that is used again", () => {
    const tree = avro({
      type: "record",
      name: "Tree",
      fields: [
        { name: "in", type: ["null", "Tree"] },
        { name: "n", type: "int" },
      ],
    });
    const data = { in: { in: null, n: 1 }, n: 2 };
    assert.deepEqual(there(tree, data), data);
  });
});

describe("data of another writer", () => {
  const read = (writer: AvroSchema, reader: AvroSchema, data: unknown): unknown => {
    const written = avro(writer);
    return avro(reader).decode(bytesOf(written, data), writerOf(written), "reader");
  };

  test("is read with defaults, aliases, promotions, and without what the reader does not have", () => {
    const writer = record(
      { name: "gone", type: { type: "array", items: "string" } },
      { name: "old", type: "int" },
      { name: "n", type: "long" },
    );
    const reader = record(
      { name: "more", type: "string", default: "none" },
      { name: "new", aliases: ["old"], type: "double" },
      { name: "n", type: ["null", "long"] },
    );
    assert.deepEqual(read(writer, reader, { gone: ["a"], old: 5, n: 7 }), { more: "none", new: 5, n: 7 });
  });

  test("is read by the branch that takes it, and by the default of an enum", () => {
    const state = (...symbols: string[]) => ({ type: "enum", name: "State", symbols, default: symbols[0] });
    assert.deepEqual(
      read(record({ name: "x", type: state("A", "B", "C") }), record({ name: "x", type: state("A", "B") }), { x: "C" }),
      { x: "A" },
    );
    assert.deepEqual(read(record({ name: "x", type: ["int", "string"] }), record({ name: "x", type: "string" }), { x: "a" }), {
      x: "a",
    });
    assert.throws(
      () => read(record({ name: "x", type: ["int", "string"] }), record({ name: "x", type: "string" }), { x: 1 }),
      /\/x was written as int, which cannot be read as string/,
    );
  });

  test("is read as it was written where an upcaster wants it so", () => {
    const written = avro(record({ name: "old", type: "int" }));
    const reader = avro(record({ name: "new", type: "string" }));
    assert.throws(() => reader.decode(bytesOf(written, { old: 1 }), writerOf(written), "reader"), /was written without new/);
    assert.deepEqual(reader.decode(bytesOf(written, { old: 1 }), writerOf(written), "writer"), { old: 1 });
  });

  test("with a schema that refers to others is read with their texts", () => {
    const money = { type: "record", name: "org.Money", fields: [{ name: "cents", type: "long" }] };
    const whole = avro(record({ name: "price", type: money }));
    const writer = {
      schemaType: "AVRO",
      schema: JSON.stringify(record({ name: "price", type: "org.Money" })),
      imports: { "org.Money": JSON.stringify(money) },
    } as const;
    assert.deepEqual(whole.decode(bytesOf(whole, { price: { cents: 5 } }), writer, "reader"), { price: { cents: 5 } });
  });

  test("is refused where its bytes stand for something else: another unit, another scale, an instant for a date", () => {
    const x = (type: object): AvroSchema => record({ name: "x", type });
    const long = (logicalType: string) => x({ type: "long", logicalType });
    const decimal = (scale: number, precision = 4) => x({ type: "bytes", logicalType: "decimal", precision, scale });
    const instant = { x: "2026-01-31T12:30:00.000Z" };
    assert.throws(
      () => read(long("timestamp-millis"), long("timestamp-micros"), instant),
      /was written as long \(timestamp-millis\), which cannot be read as long \(timestamp-micros\)/,
    );
    assert.throws(
      () => read(x({ type: "int", logicalType: "date" }), long("timestamp-millis"), { x: "2026-01-31" }),
      /was written as int \(date\), which cannot be read as long/,
    );
    assert.throws(() => read(decimal(2), decimal(1), { x: "12.30" }), /2 digits behind the point\), which cannot be read as/);
    assert.deepEqual(read(decimal(2), decimal(2, 9), { x: "12.30" }), { x: "12.30" });
    assert.deepEqual(read(long("timestamp-millis"), x({ type: "long" }), instant), { x: Date.parse(instant.x) });
  });

  test("has a field that the reader takes for two: refused", () => {
    const twice = record({ name: "x", type: "int", aliases: ["a"] }, { name: "b", type: "int", aliases: ["a"] });
    assert.throws(
      () => read(record({ name: "a", type: "int" }), twice, { a: 1 }),
      /has one field, a, that the reader's schema takes for two: x and b/,
    );
  });

  test("that cannot be read is refused, and no byte of it stands in the sentence", () => {
    const encoding = avro(record({ name: "name", type: "string" }, { name: "list", type: { type: "array", items: "null" } }));
    const bytes = bytesOf(encoding, { name: "secret", list: [] });
    const fails = (payload: Uint8Array, pattern: RegExp): void =>
      assert.throws(
        () => encoding.decode(payload, writerOf(encoding), "reader"),
        (error: Error) => pattern.test(error.message) && !error.message.includes("secret"),
      );
    fails(bytes.subarray(0, 3), /\/name ends too early/);
    fails(Buffer.concat([bytes, Buffer.from([1])]), /has 1 bytes more than its schema says/);
    fails(Buffer.from([2, 0xff, 0]), /\/name /);
    // A list of nulls, as many as fit in a long.
    fails(Buffer.from([0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), /\/list has/);
    fails(
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
      /\/name is a number of more than 64 bits/,
    );
  });

  test("a default is read with all its digits, or refused", () => {
    const schema = `{"type":"record","name":"Order","fields":[{"name":"x","type":"long","default":9223372036854775807}]}`;
    const empty = writerOf(avro(record()));
    const decoded = (int64: "text" | "number") => avro(schema, { int64 }).decode(Buffer.from([]), empty, "reader");
    assert.deepEqual(decoded("text"), { x: "9223372036854775807" });
    assert.throws(() => decoded("number"), /is a whole number that no number of JavaScript can be exactly/);
    assert.deepEqual(there(avro(schema, { int64: "text" }), {}), { x: "9223372036854775807" });
    assert.match(problemsOf(avro(schema), {})[0] ?? "", /^\/x is a whole number that no number of JavaScript can be exactly/);
    assert.equal(avro(schema.replace("807", "808")).problems.length, 1);
  });

  test("holds a number that is not exact: refused, or read as text", () => {
    const large = avsc.Type.forSchema({ ...record({ name: "x", type: "long" }) } as avsc.Schema);
    const bytes = large.toBuffer({ x: 0 });
    const beyond = bytesOf(field("long", { int64: "text" }), { x: "9007199254740993" });
    assert.deepEqual(field("long").decode(bytes, writerOf(field("long")), "reader"), { x: 0 });
    assert.throws(
      () => field("long").decode(beyond, writerOf(field("long")), "reader"),
      /\/x is a whole number that no number of JavaScript can be exactly/,
    );
    assert.deepEqual(field("long", { int64: "text" }).decode(beyond, writerOf(field("long")), "reader"), {
      x: "9007199254740993",
    });
  });
});

test("the bytes are those that another library writes and reads, for any schema and data", () => {
  let names = 0;
  const leaf = fc.constantFrom<[object | string, fc.Arbitrary<unknown>]>(
    ["string", fc.string({ unit: "grapheme" })],
    ["int", fc.integer()],
    // Beyond, that library rounds.
    ["long", fc.integer({ min: -(2 ** 31) * 2 ** 20, max: 2 ** 51 })],
    ["double", fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))],
    ["boolean", fc.boolean()],
    [["null", "string"], fc.option(fc.string())],
    [{ type: "array", items: "int" }, fc.array(fc.integer())],
    [
      { type: "map", values: "boolean" },
      fc.dictionary(
        fc.string().filter((name) => name !== "__proto__"),
        fc.boolean(),
        { noNullPrototype: true },
      ),
    ],
  );
  fc.assert(
    fc.property(
      fc
        .array(leaf, { minLength: 1, maxLength: 5 })
        .chain((leaves) =>
          fc.tuple(
            fc.constant(leaves.map(([type], index) => ({ name: `f${index}`, type }))),
            fc.tuple(...leaves.map(([, value]) => value)),
          ),
        ),
      ([fields, values]) => {
        const schema = { type: "record", name: `R${names++}`, fields };
        const data = Object.fromEntries(fields.map(({ name }, index) => [name, values[index]]));
        const theirs = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: false });
        const ours = avro(schema);
        assert.deepEqual(Buffer.from(bytesOf(ours, data)), theirs.toBuffer(data));
        assert.deepEqual(ours.decode(theirs.toBuffer(data), writerOf(ours), "reader"), data);
      },
    ),
    { numRuns: 300 },
  );
});
