import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import type { ThroughlineError } from "../errors/index.ts";
import { readData, subjectOf, tenantOf, validateForPublish } from "./contract-data.ts";
import { defineEvent } from "./define-event.ts";

const OrderCompleted = defineEvent("order.completed", {
  version: 3,
  subject: "order_id",
  tenant: "tenant_id",
  personal: ["email"],
  data: z.object({
    order_id: z.string(),
    tenant_id: z.string().nullish(),
    total_cents: z.int(),
    currency: z.string(),
    email: z.string().optional(),
  }),
  upcast: {
    1: ({ total, ...old }: { total: string }) => ({ ...old, total_cents: Math.round(Number(total) * 100) }),
    2: (old: { order_id: string; total_cents: number; currency?: string }) => {
      old.currency ??= "EUR";
      return { ...old, currency: old.currency };
    },
  },
});
const order = { order_id: "o-1", tenant_id: "t-1", total_cents: 1250, currency: "EUR" };

test("what an upcaster leaves undefined is not there", () => {
  const Parcel = defineEvent<"parcel.noted", { id: string }>("parcel.noted", {
    version: 2,
    subject: "id",
    data: { properties: { id: { type: "string" }, object: { type: "object", minProperties: 1 } }, required: ["id"] },
    upcast: { 1: (old: { id: string; x?: number }) => ({ id: old.id, object: { x: old.x } }) },
  });
  readData(Parcel, 1, { id: "p-1", x: 1 });
  assert.throws(() => readData(Parcel, 1, { id: "p-1" }), /\/object must have at least 1 property, but has 0/);
});

describe("publishing", () => {
  test("is refused with every problem in one error", () => {
    const wrong = { order_id: 1, total_cents: "12", extra: true };
    assert.throws(
      () => validateForPublish(OrderCompleted, wrong as never),
      (error: ThroughlineError) => {
        assert.equal(error.code, "EVENT_INVALID");
        assert.equal(error.retryable, false);
        assert.equal(error.details["version"], 3);
        assert.deepEqual(error.details["problems"], [
          { pointer: "/currency", message: "is missing" },
          { pointer: "/extra", message: "is not in the contract" },
          { pointer: "/order_id", message: "must be a string, but is 1" },
          { pointer: "/total_cents", message: 'must be an integer, but is "12"' },
        ]);
        assert.match(error.message, /order\.completed .*version 3.*; \/total_cents must be an integer, but is "12"/);
        return true;
      },
    );
  });

  test("is refused for data that is no object at all", () => {
    for (const data of [undefined, null, 5, "text", []])
      assert.throws(() => validateForPublish(OrderCompleted, data as never), { code: "EVENT_INVALID" });
  });

  test("is refused for an id that cannot be a key or a header", () => {
    assert.throws(() => validateForPublish(OrderCompleted, { ...order, order_id: "" }), /\/order_id must not be empty/);
    assert.throws(
      () => validateForPublish(OrderCompleted, { ...order, order_id: "\ud800" }),
      /\/order_id must be well-formed Unicode/,
    );
    assert.throws(() => validateForPublish(OrderCompleted, { ...order, tenant_id: "" }), /\/tenant_id must not be empty/);
  });

  test("takes an optional property that is there but undefined, as TypeScript does", () => {
    validateForPublish(OrderCompleted, { ...order, email: undefined });
  });

  const Loose = defineEvent<"parcel.noted", { id: string }>("parcel.noted", {
    version: 1,
    subject: "id",
    data: {
      properties: { id: { type: "string" }, any: {}, object: { type: "object", minProperties: 1 }, list: { items: {} } },
      required: ["id"],
      additionalProperties: false,
    },
  });
  const publishable = (given: object): void =>
    validateForPublish(Loose, Object.defineProperties({ id: "p-1" }, Object.getOwnPropertyDescriptors(given)));
  class Parcel {
    readonly weight = 3;
  }
  class Written extends Parcel {
    toJSON(): number {
      return 7;
    }
  }

  for (const [what, given, pointer, message] of [
    ["a function", { any: { x: () => 1 } }, "/any/x", "must be what JSON can write, but is a function"],
    ["a symbol", { any: { "a/b": [Symbol("x")] } }, "/any/a~1b/0", "must be what JSON can write, but is a symbol"],
    ["a function among items", { list: [1, () => 1] }, "/list/1", "must be what JSON can write, but is a function"],
    ["an item that is undefined", { list: [undefined] }, "/list/0", "must be what JSON can write, but is undefined"],
    ["a hole", { list: Array(1) }, "/list/0", "must be what JSON can write, but is undefined"],
    ["a bigint", { any: 5n }, "/any", "must be what JSON can write, but is a bigint"],
    ["NaN", { any: [Number.NaN] }, "/any/0", "must be what JSON can write, but is NaN"],
    ["an infinity", { any: -Infinity }, "/any", "must be what JSON can write, but is -Infinity"],
    ["a boxed number", { any: new Number(5) }, "/any", "must be plain data, but is a Number"],
    ["a Map", { any: new Map([[1, 1]]) }, "/any", "must be plain data, but is a Map"],
    ["a promise", { any: Promise.resolve(1) }, "/any", "must be plain data, but is a Promise"],
    ["a Date", { any: [new Date(0)] }, "/any/0", /^must be plain data, and has a toJSON/],
    ["a toJSON of its own", { any: { toJSON: () => 7 } }, "/any", /has a toJSON/],
    ["a toJSON of its class", { any: new Written() }, "/any", /has a toJSON/],
    ["a list's toJSON", { list: Object.assign([1], { toJSON: () => 7 }) }, "/list", /has a toJSON/],
    ["a getter", { any: { get x() { return 1; } } }, "/any/x", /^must be a plain property/], // prettier-ignore
    ["a hidden property", { object: Object.defineProperty({}, "x", { value: 1 }) }, "/object/x", /^must be a plain property/],
    ["nothing but what is undefined", { object: { x: undefined } }, "/object", "must have at least 1 property, but has 0"],
  ] as const)
    test(`is refused for ${what}, for JSON would write something else than what is checked`, () => {
      assert.throws(
        () => publishable(given),
        (error: ThroughlineError) => {
          assert.equal(error.code, "EVENT_INVALID");
          const problems = error.details["problems"] as { pointer: string; message: string }[];
          const told = problems.find((problem) => problem.pointer === pointer);
          if (typeof message === "string") assert.equal(told?.message, message);
          else assert.match(told?.message ?? "nothing", message);
          return true;
        },
      );
    });

  test("takes own properties of whatever object, and null prototypes", () => {
    publishable({ any: new Parcel(), object: Object.assign(Object.create(null), { x: 1, y: undefined }), list: [null, [], {}] });
  });

  test("says NaN of a number that is none, also where values are not shown", () => {
    const Paid = defineEvent("order.paid", {
      version: 1,
      subject: "id",
      personal: ["total"],
      data: z.object({ id: z.string(), total: z.number() }),
    });
    assert.throws(() => validateForPublish(Paid, { id: "o", total: Number.NaN }), /\/total must be a number, but is NaN/);
  });

  test("works with a contract that another copy of the package made", () => {
    validateForPublish({ ...OrderCompleted, schema: JSON.parse(JSON.stringify(OrderCompleted.schema)) }, order);
  });
});

test("subject and tenant are read as text, from valid data", () => {
  assert.equal(subjectOf(OrderCompleted, order), "o-1");
  assert.equal(tenantOf(OrderCompleted, order), "t-1");
  assert.equal(tenantOf(OrderCompleted, { ...order, tenant_id: null }), null);
  assert.equal(tenantOf(OrderCompleted, { ...order, tenant_id: undefined }), null);
  const Counted = defineEvent("stock.counted", { version: 1, subject: "sku", data: z.object({ sku: z.int() }) });
  assert.equal(subjectOf(Counted, { sku: 42 }), "42");
  assert.equal(tenantOf(Counted, { sku: 42 }), null);
});

describe("reading", () => {
  test("keeps properties that the contract does not know", () => {
    assert.deepEqual(readData(OrderCompleted, 3, { ...order, added: "later" }), { ...order, added: "later" });
  });

  test("lifts old versions one by one, and leaves the parsed JSON as it was", () => {
    const first = { order_id: "o-1", total: "12.50" };
    assert.deepEqual(readData(OrderCompleted, 1, first), { order_id: "o-1", total_cents: 1250, currency: "EUR" });
    assert.deepEqual(first, { order_id: "o-1", total: "12.50" });
    const second = { order_id: "o-1", total_cents: 5 };
    assert.deepEqual(readData(OrderCompleted, 2, second), { ...second, currency: "EUR" });
    assert.deepEqual(second, { order_id: "o-1", total_cents: 5 });
  });

  test("takes data without a version for version 1", () => {
    assert.deepEqual(readData(OrderCompleted, null, { order_id: "o-1", total: "1" }), {
      order_id: "o-1",
      total_cents: 100,
      currency: "EUR",
    });
  });

  test("lifts a version that has no upcaster by leaving it alone", () => {
    const Paid = defineEvent("order.paid", {
      version: 2,
      subject: "order_id",
      data: z.object({ order_id: z.string(), note: z.string().optional() }),
    });
    assert.deepEqual(readData(Paid, 1, { order_id: "o-1" }), { order_id: "o-1" });
  });

  test("refuses a version newer than the code, as something that a deploy will cure", () => {
    assert.throws(() => readData(OrderCompleted, 4, order), { code: "EVENT_VERSION_UNKNOWN", retryable: true });
  });

  test("refuses what does not match, lifted or not", () => {
    assert.throws(() => readData(OrderCompleted, 3, { order_id: "o-1" }), { code: "EVENT_INVALID" });
    assert.throws(() => readData(OrderCompleted, 1, { total: "1" }), /version 1 .*\/order_id is missing/);
  });

  test("says which upcaster failed, without quoting what may be personal", () => {
    assert.throws(() => readData(OrderCompleted, 1, null), /cannot be lifted from version 1 to 2: TypeError/);
    const define = (personal: string[]) =>
      defineEvent("user.renamed", {
        version: 2,
        subject: "id",
        personal,
        data: z.object({ id: z.string(), name: z.string() }),
        upcast: {
          1: (old: { name: string }) => {
            throw new Error(`no surname in ${old.name}`);
          },
        },
      });
    assert.throws(() => readData(define([]), 1, { name: "Ada" }), /no surname in Ada/);
    assert.throws(
      () => readData(define(["name"]), 1, { name: "Ada" }),
      (error: Error) => !error.message.includes("Ada"),
    );
  });
});

test("whatever a publisher may send, a reader takes unchanged", () => {
  const lines = fc.array(fc.record({ sku: fc.string(), count: fc.nat(), tags: fc.dictionary(fc.string(), fc.boolean()) }));
  const Sent = defineEvent("parcel.sent", {
    version: 1,
    subject: "id",
    data: z.object({
      id: z.string(),
      weight: z.number().nullable(),
      lines: z.array(z.object({ sku: z.string(), count: z.int(), tags: z.record(z.string(), z.boolean()) })),
      to: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("home"), street: z.string() }),
        z.object({ kind: z.literal("box"), number: z.int() }),
      ]),
    }),
  });
  const to = fc.oneof(
    fc.record({ kind: fc.constant("home" as const), street: fc.string() }),
    fc.record({ kind: fc.constant("box" as const), number: fc.nat() }),
  );
  const weight = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(fc.record({ id: fc.string({ minLength: 1, unit: "grapheme" }), weight, lines, to }), (data) => {
      validateForPublish(Sent, data);
      const json: unknown = JSON.parse(JSON.stringify(data));
      assert.deepEqual(readData(Sent, 1, json), json);
    }),
  );
});
