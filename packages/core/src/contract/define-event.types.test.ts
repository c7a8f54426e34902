import assert from "node:assert/strict";
import { test } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { Type } from "typebox";
import * as v from "valibot";
import * as z from "zod";
import { validateForPublish } from "./contract-data.ts";
import { defineEvent } from "./define-event.ts";
import type { EventContract, EventData } from "./event-contract.ts";
import { jsonSchema } from "./json-schema.ts";

// The compiler is what tests here: a line that compiles and should not makes `tsc` fail, and so does the reverse.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_Holds extends true>(): void {}

interface Order {
  order_id: string;
  total: number;
  note?: string | undefined;
}
const plain = {
  type: "object",
  properties: { order_id: { type: "string" }, total: { type: "integer" }, note: { type: "string" } },
  required: ["order_id", "total"],
} as const;

const WithZod = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int(), note: z.string().optional() }),
});
const WithValibot = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: toStandardJsonSchema(v.object({ order_id: v.string(), total: v.number(), note: v.optional(v.string()) })),
});
const WithArkType = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: type({ order_id: "string", total: "number", "note?": "string" }),
});
const WithTypeBox = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: Type.Object({ order_id: Type.String(), total: Type.Integer(), note: Type.Optional(Type.String()) }),
});
const WithTypeArgument = defineEvent<"order.completed", Order>("order.completed", {
  version: 1,
  subject: "order_id",
  data: plain,
});
const WithTypedSchema = defineEvent("order.completed", { version: 1, subject: "order_id", data: jsonSchema<Order>(plain) });

same<Same<EventData<typeof WithZod>, { order_id: string; total: number; note?: string | undefined }>>();
same<Same<EventData<typeof WithValibot>, { order_id: string; total: number; note?: string | undefined }>>();
same<Same<EventData<typeof WithArkType>, { order_id: string; total: number; note?: string }>>();
same<Same<EventData<typeof WithTypeBox>, { order_id: string; total: number; note?: string }>>();
same<Same<EventData<typeof WithTypeArgument>, Order>>();
same<Same<EventData<typeof WithTypedSchema>, Order>>();
same<Same<typeof WithZod.type, "order.completed">>();

// What stands on the wire is what goes in: a default may be absent.
const WithDefault = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), currency: z.string().default("EUR") }),
});
same<Same<EventData<typeof WithDefault>, { order_id: string; currency?: string | undefined }>>();

const order = { order_id: "o-1", total: 1 };
for (const contract of [WithZod, WithValibot, WithArkType, WithTypeBox, WithTypeArgument, WithTypedSchema]) {
  const untyped: EventContract = contract;
  test(`${untyped.type} has its subject`, () => assert.equal(contract.subject, "order_id"));
}

test("the compiler refuses wrong data", () => {
  validateForPublish(WithZod, order);
  // @ts-expect-error a missing property
  assert.throws(() => validateForPublish(WithZod, { order_id: "o-1" }));
  // @ts-expect-error a property of another type
  assert.throws(() => validateForPublish(WithZod, { order_id: "o-1", total: "12" }));
  // @ts-expect-error a property that the contract does not know
  assert.throws(() => validateForPublish(WithZod, { order_id: "o-1", total: 12, currency: "EUR" }));
  // @ts-expect-error the same through Valibot
  assert.throws(() => validateForPublish(WithValibot, { order_id: "o-1" }));
  // @ts-expect-error the same through ArkType
  assert.throws(() => validateForPublish(WithArkType, { order_id: "o-1" }));
  // @ts-expect-error the same through TypeBox
  assert.throws(() => validateForPublish(WithTypeBox, { order_id: "o-1" }));
  // @ts-expect-error the same through a plain JSON Schema with a type argument
  assert.throws(() => validateForPublish(WithTypeArgument, { order_id: "o-1" }));
  // @ts-expect-error the same through a typed JSON Schema
  assert.throws(() => validateForPublish(WithTypedSchema, { order_id: "o-1" }));
});

test("the compiler refuses a subject that is no id of the data", () => {
  const data = z.object({ order_id: z.string(), total: z.int(), note: z.string().optional(), paid: z.boolean() });
  // @ts-expect-error no such property
  assert.throws(() => defineEvent("order.completed", { version: 1, subject: "orderId", data }));
  // @ts-expect-error a property that is neither string nor number
  assert.throws(() => defineEvent("order.completed", { version: 1, subject: "paid", data }));
  // @ts-expect-error a property that may be absent
  assert.throws(() => defineEvent("order.completed", { version: 1, subject: "note", data }));
  // @ts-expect-error no such tenant
  assert.throws(() => defineEvent("order.completed", { version: 1, subject: "order_id", tenant: "tenant_id", data }));
  // @ts-expect-error no such property of a type argument
  assert.throws(() => defineEvent<"order.completed", Order>("order.completed", { version: 1, subject: "orderId", data: plain }));
  const typeBox = Type.Object({ order_id: Type.String() });
  // @ts-expect-error no such property of a TypeBox schema
  assert.throws(() => defineEvent("order.completed", { version: 1, subject: "orderId", data: typeBox }));
  // The tenant may be absent, and a subject may be a number.
  defineEvent("order.completed", {
    version: 1,
    subject: "total",
    tenant: "note",
    data: z.object({ total: z.int(), note: z.string().optional() }),
  });
});

test("a union's subject is a property of each alternative", () => {
  const data = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("card"), order_id: z.string(), card: z.string() }),
    z.object({ kind: z.literal("bank"), order_id: z.string(), iban: z.string() }),
  ]);
  const Paid = defineEvent("order.paid", { version: 1, subject: "order_id", data });
  same<Same<EventData<typeof Paid>["kind"], "card" | "bank">>();
  // @ts-expect-error a property of one alternative only
  assert.throws(() => defineEvent("order.paid", { version: 1, subject: "iban", data }));
});

test("the upcaster from the version before must answer this version's data", () => {
  const data = z.object({ order_id: z.string(), total: z.int() });
  const lifted = defineEvent("order.completed", {
    version: 3,
    subject: "order_id",
    data,
    upcast: {
      1: (old: { id: string; sum: string }) => ({ ...old, order_id: old.id }),
      2: ({ order_id, sum }: { order_id: string; sum: string }) => ({ order_id, total: Number(sum) }),
    },
  });
  same<Same<EventData<typeof lifted>, { order_id: string; total: number }>>();
  defineEvent("order.completed", {
    version: 2,
    subject: "order_id",
    data,
    // @ts-expect-error the total is a text
    upcast: { 1: (old: { order_id: string; sum: string }) => ({ order_id: old.order_id, total: old.sum }) },
  });
  defineEvent("order.completed", {
    version: 2,
    subject: "order_id",
    data,
    // @ts-expect-error the total is missing
    upcast: { 1: (old: { order_id: string }) => ({ order_id: old.order_id }) },
  });
  // Where the data's type is given, the version is no literal: it is checked when data is read.
  defineEvent<"order.completed", Order>("order.completed", {
    version: 2,
    subject: "order_id",
    data: plain,
    upcast: { 1: (old: object) => old },
  });
  const version: number = 2;
  defineEvent("order.completed", { version, subject: "order_id", data, upcast: { 1: (old: object) => old } });
});
