import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Type } from "typebox";
import * as z from "zod";
import { adoptEvent, isAdopted } from "./adopt-event.ts";
import { readData, validateForPublish } from "./contract-data.ts";
import { defineEvent } from "./define-event.ts";
import { defineReader } from "./define-reader.ts";
import type { EventData } from "./event-contract.ts";
import { isContract } from "./is-contract.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { isReader } from "./reader-contract.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_Holds extends true>(): void {}

const line = z.object({ sku: z.string(), price: z.object({ cents: z.int(), currency: z.string() }) });
const OrderCompleted = defineEvent("order.completed", {
  version: 3,
  subject: "order_id",
  tenant: "tenant_id",
  stream: "orders",
  personal: ["email"],
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string(),
    email: z.string(),
    lines: z.array(line),
    note: z.string().optional(),
  }),
  upcast: { 2: (old) => ({ ...old, lines: old.items, secret: "from an upcaster" }) },
});
const order = {
  order_id: "o1",
  tenant_id: "t1",
  email: "ann@example.org",
  lines: [
    { sku: "a", price: { cents: 5, currency: "EUR" } },
    { sku: "b", price: { cents: 7, currency: "USD" } },
  ],
};
const Cents = defineReader(OrderCompleted, {
  data: z.object({ lines: z.array(z.object({ price: z.object({ cents: z.int() }) })) }),
});

const raw = (schema: JsonSchema, value: unknown): unknown => {
  const Anything = defineEvent<"any.thing", { id: string }>("any.thing", {
    version: 1,
    subject: "id",
    data: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  });
  return readData(defineReader(Anything, { data: schema }), 1, value);
};

describe("a reader's contract", () => {
  test("is the contract's own in all but its schema", () => {
    assert.ok(isContract(Cents) && isReader(Cents) && Object.isFrozen(Cents) && !isReader(OrderCompleted));
    const { schema: _, narrows, ...rest } = Cents;
    const { schema: __, ...whole } = OrderCompleted;
    assert.deepEqual(rest, whole);
    assert.equal(narrows, OrderCompleted);
    assert.equal(defineReader(Cents, { data: z.object({}) }).narrows, OrderCompleted);
  });

  test("leaves of the data what it names, at every depth, and nothing else", () => {
    assert.deepEqual(readData(Cents, 3, { ...order, new_field: 1 }), {
      lines: [{ price: { cents: 5 } }, { price: { cents: 7 } }],
    });
    assert.deepEqual(order.lines[0], { sku: "a", price: { cents: 5, currency: "EUR" } });
  });

  test("lifts old data by the contract's upcasters before it takes anything out", () => {
    const { lines, ...old } = order;
    assert.deepEqual(readData(Cents, 2, { ...old, items: lines }), readData(Cents, 3, order));
    assert.throws(() => readData(Cents, 4, order), { code: "EVENT_VERSION_UNKNOWN" });
  });

  test("checks what it names, and does not miss what it does not", () => {
    assert.throws(
      () => readData(Cents, 3, { lines: [{ price: { cents: "5" } }] }),
      /\/lines\/0\/price\/cents must be an integer/,
    );
    assert.deepEqual(readData(Cents, 3, { lines: [] }), { lines: [] });
  });

  test("keeps personal values out of its errors, though it does not name them", () => {
    const Email = defineReader(OrderCompleted, { data: z.object({ email: z.email() }) });
    assert.throws(
      () => readData(Email, 3, { email: "secret" }),
      (error: Error) => !error.message.includes("secret"),
    );
  });

  test("cannot be defined of something that is no contract, or with something that is no schema", () => {
    assert.throws(() => defineReader({ type: "x.y" } as never, { data: z.object({}) }), {
      code: "CONTRACT_INVALID",
      message: /"?x\.y"?.*was not made by defineEvent/,
    });
    const transforming: unknown = z.object({ lines: z.array(z.string().transform(Number)) });
    assert.throws(() => defineReader(OrderCompleted, { data: transforming as z.ZodObject }), {
      code: "CONTRACT_INVALID",
      message: /\/data\/lines/,
    });
    assert.throws(() => defineReader(OrderCompleted, { data: jsonSchema<object>({ $dynamicRef: "#x" }) }), /dynamicRef/);
  });

  test("may be of an adopted contract, and is one then", () => {
    const Legacy = adoptEvent("legacy.order", {
      stream: "legacy",
      version: 1,
      subject: "order_id",
      data: z.object({ order_id: z.string(), state: z.string() }),
      decode: () => null,
    });
    const State = defineReader(Legacy, { data: z.object({ state: z.string() }) });
    assert.ok(isAdopted(State) && isReader(State));
    assert.deepEqual(readData(State, 1, { order_id: "o", state: "open" }), { state: "open" });
  });

  test("the compiler knows what is read, and refuses what the contract does not promise", () => {
    same<Same<EventData<typeof Cents>, { lines: { price: { cents: number } }[] }>>();
    same<Same<typeof Cents.type, "order.completed">>();
    defineReader(OrderCompleted, { data: Type.Object({ order_id: Type.String() }) });
    defineReader(OrderCompleted, { data: z.object({ note: z.string().optional() }) });
    defineReader(OrderCompleted, { data: jsonSchema<{ order_id: string }>({ type: "object" }) });
    // @ts-expect-error a property that the contract does not have
    defineReader(OrderCompleted, { data: z.object({ ordr_id: z.string() }) });
    // @ts-expect-error one that may be missing
    defineReader(OrderCompleted, { data: z.object({ note: z.string() }) });
    // @ts-expect-error one of another type
    defineReader(OrderCompleted, { data: z.object({ order_id: z.int() }) });
    // @ts-expect-error the same through TypeBox
    defineReader(OrderCompleted, { data: Type.Object({ lines: Type.String() }) });
    // @ts-expect-error the same through a plain JSON Schema
    defineReader(OrderCompleted, { data: jsonSchema<{ order_id: number }>({ type: "object" }) });
    assert.throws(() => validateForPublish(Cents, { lines: [{ price: { cents: "5" } }] } as never), { code: "EVENT_INVALID" });
  });
});

describe("what is left of data", () => {
  const named = (...names: string[]): JsonSchema => ({
    type: "object",
    properties: Object.fromEntries(names.map((n) => [n, {}])),
  });

  test("an object that names no properties, or takes others, keeps them", () => {
    const value = { id: "1", free: { a: 1 }, open: { x: "y", b: 2 }, map: { k: { n: 1, m: 2 } } };
    const schema = {
      properties: {
        free: { type: "object" },
        open: { type: "object", properties: { x: {} }, additionalProperties: true },
        map: { type: "object", additionalProperties: named("n") },
      },
    };
    assert.deepEqual(raw(schema, value), { free: { a: 1 }, open: { x: "y", b: 2 }, map: { k: { n: 1 } } });
  });

  test("names that match a pattern stay", () => {
    const schema = { patternProperties: { "^x-": named("a") }, properties: { id: {} } };
    assert.deepEqual(raw(schema, { id: "1", "x-y": { a: 1, b: 2 }, other: 1 }), { id: "1", "x-y": { a: 1 } });
  });

  test("of a choice, what the branches name that the value matches", () => {
    const branch = (kind: string, name: string): JsonSchema => ({
      type: "object",
      properties: { kind: { const: kind }, [name]: { type: "string" } },
      required: ["kind", name],
    });
    const schema = { oneOf: [branch("card", "number"), branch("bank", "iban")] };
    assert.deepEqual(raw(schema, { kind: "card", number: "1", iban: "2" }), { kind: "card", number: "1" });
    assert.deepEqual(raw(schema, { kind: "bank", number: "1", iban: "2" }), { kind: "bank", iban: "2" });
    const either = { anyOf: [named("a"), { ...named("b"), required: ["b"] }, { type: "null" }] };
    assert.deepEqual(raw(either, { a: 1, b: 2, c: 3 }), { a: 1, b: 2 });
    assert.deepEqual(raw(either, { a: 1, c: 3 }), { a: 1 });
    assert.equal(raw(either, null), null);
    const typed = {
      anyOf: [
        { ...named("a"), required: ["a"] },
        { type: "object", properties: { b: { type: "integer" } }, required: ["b"] },
      ],
    };
    assert.deepEqual(raw(typed, { a: 1, b: "no number" }), { a: 1 });
  });

  test("of a condition, what follows from it", () => {
    const schema = {
      ...named("kind"),
      if: { properties: { kind: { const: "a" } }, required: ["kind"] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: named("x"),
      else: named("y"),
      dependentSchemas: { kind: named("z") },
    };
    assert.deepEqual(raw(schema, { kind: "a", x: 1, y: 2, z: 3 }), { kind: "a", x: 1, z: 3 });
    assert.deepEqual(raw(schema, { x: 1, y: 2, z: 3 }), { y: 2 });
  });

  test("references are followed, also those that lead back", () => {
    const schema = {
      $ref: "#/$defs/tree",
      $defs: { tree: { type: "object", properties: { v: {}, kids: { type: "array", items: { $ref: "#/$defs/tree" } } } } },
    };
    const tree = { v: 1, w: 2, kids: [{ v: 2, w: 3, kids: [{ w: 4 }] }] };
    assert.deepEqual(raw(schema, tree), { v: 1, kids: [{ v: 2, kids: [{}] }] });
    // In draft-07 a reference hides what stands beside it.
    const $schema = "http://json-schema.org/draft-07/schema#";
    const beside = { $schema, $ref: "#/definitions/a", properties: { b: {} }, definitions: { a: named("a") } };
    assert.deepEqual(raw(beside, { a: 1, b: 2 }), { a: 1 });
  });

  test("parts of a composed object add up", () => {
    const schema = { allOf: [{ properties: { a: named("x") } }, { properties: { a: named("y"), b: {} } }] };
    assert.deepEqual(raw(schema, { a: { x: 1, y: 2, z: 3 }, b: 1, c: 1 }), { a: { x: 1, y: 2 }, b: 1 });
  });

  test("items of tuples are told apart", () => {
    const schema = { properties: { t: { prefixItems: [named("a"), named("b")], items: named("c") } } };
    const all = { a: 1, b: 2, c: 3 };
    assert.deepEqual(raw(schema, { t: [all, all, all, all] }), { t: [{ a: 1 }, { b: 2 }, { c: 3 }, { c: 3 }] });
  });

  test("a property named __proto__ is one like any other, and what objects inherit is none", () => {
    const value = JSON.parse('{"__proto__":{"a":1,"b":2},"own":1}') as object;
    const left = raw(
      { properties: JSON.parse('{"__proto__":{"properties":{"a":{}}},"toString":{}}') as JsonSchema },
      value,
    ) as object;
    assert.equal(JSON.stringify(left), '{"__proto__":{"a":1}}');
    assert.equal(Object.getPrototypeOf(left), Object.prototype);
  });
});
