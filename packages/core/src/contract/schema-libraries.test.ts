import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { Type } from "typebox";
import * as v from "valibot";
import * as z from "zod";
import { isThroughlineError } from "../errors/index.ts";
import { readData, validateForPublish } from "./contract-data.ts";
import { defineEvent } from "./define-event.ts";
import type { EventContract } from "./event-contract.ts";
import { jsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";

interface Order {
  order_id: string;
  total: number;
  completed_at: string;
  lines: { sku: string; note?: string | undefined }[];
}

const options = { version: 1, subject: "order_id" } as const;

/** The same event, written in each library. */
const contracts: Record<string, EventContract<"order.completed", Order>> = {
  zod: defineEvent("order.completed", {
    ...options,
    data: z.object({
      order_id: z.string(),
      total: z.int(),
      completed_at: z.iso.datetime(),
      lines: z.array(z.object({ sku: z.string(), note: z.string().optional() })),
    }),
  }),
  "zod, closed": defineEvent("order.completed", {
    ...options,
    data: z.strictObject({
      order_id: z.string(),
      total: z.int(),
      completed_at: z.iso.datetime({ offset: true }),
      lines: z.array(z.strictObject({ sku: z.string(), note: z.string().optional() })),
    }),
  }),
  valibot: defineEvent("order.completed", {
    ...options,
    data: toStandardJsonSchema(
      v.object({
        order_id: v.string(),
        total: v.pipe(v.number(), v.integer()),
        completed_at: v.pipe(v.string(), v.isoTimestamp()),
        lines: v.array(v.object({ sku: v.string(), note: v.optional(v.string()) })),
      }),
    ),
  }),
  arktype: defineEvent("order.completed", {
    ...options,
    data: type({
      order_id: "string",
      total: "number.integer",
      completed_at: "string.date.iso",
      lines: type({ sku: "string", "note?": "string" }).array(),
    }),
  }),
  typebox: defineEvent("order.completed", {
    ...options,
    data: Type.Object({
      order_id: Type.String(),
      total: Type.Integer(),
      completed_at: Type.String({ format: "date-time" }),
      lines: Type.Array(Type.Object({ sku: Type.String(), note: Type.Optional(Type.String()) })),
    }),
  }),
  "plain JSON Schema, draft-07": defineEvent("order.completed", {
    ...options,
    data: jsonSchema<Order>({
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: {
        order_id: { type: "string" },
        total: { type: "integer" },
        completed_at: { type: "string", format: "date-time" },
        lines: { type: "array", items: { $ref: "#/definitions/line" } },
      },
      required: ["order_id", "total", "completed_at", "lines"],
      definitions: {
        line: { type: "object", properties: { sku: { type: "string" }, note: { type: "string" } }, required: ["sku"] },
      },
    }),
  }),
};

const order: Order = {
  order_id: "o-1",
  total: 12,
  completed_at: "2026-02-03T04:05:06.000Z",
  lines: [{ sku: "a", note: "gift" }],
};

for (const [library, contract] of Object.entries(contracts)) {
  describe(`a contract in ${library}`, () => {
    test("takes valid data", () => {
      validateForPublish(contract, order);
      assert.deepEqual(readData(contract, 1, order), order);
    });

    test("takes a time in UTC written either way, and one with an offset", () => {
      for (const completed_at of ["2026-02-03T04:05:06Z", "2026-02-03T04:05:06+00:00", "2026-02-03T04:05:06.123+05:30"]) {
        validateForPublish(contract, { ...order, completed_at });
        readData(contract, 1, { ...order, completed_at });
      }
      assert.deepEqual(
        pointersOf(() => validateForPublish(contract, { ...order, completed_at: "yesterday" })),
        ["/completed_at"],
      );
    });

    test("refuses unknown properties to publishers, at every depth, and ignores them for readers", () => {
      const data = { ...order, currency: "EUR", lines: [{ sku: "a", colour: "red" }] };
      assert.deepEqual(pointersOf(() => validateForPublish(contract, data)).sort(), ["/currency", "/lines/0/colour"]);
      assert.deepEqual(readData(contract, 1, data), data);
    });

    test("refuses wrong and missing data to both, with every problem", () => {
      const data = { order_id: "o-1", total: 1.5, completed_at: order.completed_at, lines: [{}] };
      for (const check of [() => validateForPublish(contract, data as never), () => readData(contract, 1, data)]) {
        assert.deepEqual(pointersOf(check).sort(), ["/lines/0/sku", "/total"]);
      }
    });
  });
}

describe("an object that takes other properties outright", () => {
  const loose: Record<string, EventContract> = {
    zod: defineEvent("order.noted", { ...options, data: z.looseObject({ order_id: z.string() }) }),
    valibot: defineEvent("order.noted", { ...options, data: toStandardJsonSchema(v.looseObject({ order_id: v.string() })) }),
    typebox: defineEvent("order.noted", {
      ...options,
      data: Type.Object({ order_id: Type.String() }, { additionalProperties: true }),
    }),
  };
  for (const [library, contract] of Object.entries(loose)) {
    test(`takes them from publishers, in ${library}`, () => validateForPublish(contract, { order_id: "o-1", anything: 1 }));
  }
});

describe("what JSON Schema cannot express is refused with the field's path", () => {
  const id = { order_id: z.string() };
  const valibotId = { order_id: v.string() };
  const cases: [string, unknown, string[]][] = [
    ["a Zod transform", z.object({ ...id, a: z.object({ b: z.string().transform((text) => text.length) }) }), ["/data/a/b"]],
    ["a Zod codec", z.object({ ...id, at: z.codec(z.string(), z.number(), { decode: Number, encode: String }) }), ["/data/at"]],
    ["a Zod preprocess", z.object({ ...id, at: z.preprocess((value) => value, z.string()) }), ["/data/at"]],
    ["a Zod coercion", z.object({ ...id, total: z.coerce.number() }), ["/data/total"]],
    ["a Zod trim", z.object({ ...id, name: z.string().trim() }), ["/data/name"]],
    [
      "a Zod refinement",
      z.object({ ...id, lines: z.array(z.object({ n: z.number().refine((n) => n !== 7) })) }),
      ["/data/lines/*/n"],
    ],
    ["a Zod catch", z.object({ ...id, name: z.string().catch("x") }), ["/data/name"]],
    [
      "Zod types that JSON lacks",
      z.object({ ...id, at: z.date(), big: z.bigint().optional(), all: z.map(z.string(), z.string()) }),
      ["/data/all", "/data/at", "/data/big"],
    ],
    [
      "a Valibot transform",
      toStandardJsonSchema(v.object({ ...valibotId, a: v.object({ b: v.pipe(v.string(), v.transform(Number)) }) })),
      ["/data/a/b"],
    ],
    ["a Valibot trim", toStandardJsonSchema(v.object({ ...valibotId, name: v.pipe(v.string(), v.trim()) })), ["/data/name"]],
    [
      "a Valibot check",
      toStandardJsonSchema(
        v.object({
          ...valibotId,
          name: v.pipe(
            v.string(),
            v.check((text) => text !== "x"),
          ),
        }),
      ),
      ["/data/name"],
    ],
    ["a Valibot date", toStandardJsonSchema(v.object({ ...valibotId, at: v.date() })), ["/data/at"]],
    ["an ArkType morph", type({ order_id: "string", a: { b: "string.numeric.parse" } }), ["/data/a/b"]],
    ["an ArkType trim", type({ order_id: "string", name: "string.trim" }), ["/data/name"]],
    ["an ArkType narrow", type({ order_id: "string", n: type("number").narrow((n) => n !== 7) }), ["/data/n"]],
    ["an ArkType Date", type({ order_id: "string", at: "Date" }), ["/data/at"]],
    [
      "a TypeBox codec",
      Type.Object({ order_id: Type.String(), at: Type.Codec(Type.String()).Decode(Number).Encode(String) }),
      ["/data/at"],
    ],
    [
      "a TypeBox refinement",
      Type.Object({ order_id: Type.String(), n: Type.Refine(Type.Number(), (n) => n !== 7) }),
      ["/data/n"],
    ],
    ["a TypeBox bigint", Type.Object({ order_id: Type.String(), n: Type.BigInt() }), ["/data/n"]],
    ["a raw Valibot schema", v.object({ order_id: v.string() }), ["/data"]],
  ];
  for (const [title, data, pointers] of cases) {
    test(title, () => {
      assert.deepEqual(
        [...new Set(pointersOf(() => defineEvent("order.completed", { version: 1, subject: "order_id", data } as never)))].sort(),
        pointers,
      );
    });
  }

  test("an unknown library's transform, by comparing what goes in with what comes out", () => {
    const object = (total: object) => ({
      type: "object",
      properties: { order_id: { type: "string" }, total },
      required: ["order_id"],
    });
    const standard = (output: object) => ({
      version: 1,
      vendor: "unheard-of",
      jsonSchema: { input: () => object({ type: "string" }), output: () => object(output) },
    });
    const define = (output: object) =>
      defineEvent("order.completed", { version: 1, subject: "order_id", data: { "~standard": standard(output) } } as never);
    define({ type: "string", default: "x" });
    assert.match(problemsOf(() => define({ type: "number" }))[0]?.message ?? "", /\/properties\/total\/type/);
  });
});

function problemsOf(action: () => unknown): readonly Problem[] {
  try {
    action();
  } catch (error) {
    if (!isThroughlineError(error)) throw error;
    return error.details["problems"] as Problem[];
  }
  return [];
}

function pointersOf(action: () => unknown): string[] {
  return problemsOf(action).map(({ pointer }) => pointer);
}
