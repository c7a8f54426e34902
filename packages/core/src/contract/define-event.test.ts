import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import type { ThroughlineError } from "../errors/index.ts";
import { defineEvent } from "./define-event.ts";
import { jsonSchema, type JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";

const data = z.object({
  order_id: z.string(),
  tenant_id: z.string().optional(),
  customer: z.object({ email: z.string(), tags: z.array(z.object({ name: z.string() })) }),
});

test("a contract is frozen, plain data with its defaults filled in", () => {
  const contract = defineEvent("order.completed", { version: 1, subject: "order_id", data });
  assert.ok(Object.isFrozen(contract));
  const { schema, ...rest } = contract;
  assert.deepEqual(rest, {
    type: "order.completed",
    version: 1,
    stream: "order",
    subject: "order_id",
    tenant: null,
    upcast: {},
    personal: [],
    description: null,
    compacted: false,
    encoding: null,
    topic: {},
  });
  assert.equal(schema["additionalProperties"], false);
  assert.equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
});

test("a contract says what it was told", () => {
  const lift = (old: { order_id: string; customer: { email: string; tags: { name: string }[] } }) => old;
  const contract = defineEvent("order.completed", {
    version: 2,
    subject: "order_id",
    tenant: "tenant_id",
    stream: "orders.v2",
    data,
    upcast: { 1: lift },
    personal: ["customer.email"],
    description: "An order is paid and packed.",
    compacted: true,
    topic: { partitions: 12 },
  });
  const { schema: _, ...rest } = contract;
  assert.deepEqual(rest, {
    type: "order.completed",
    version: 2,
    stream: "orders.v2",
    subject: "order_id",
    tenant: "tenant_id",
    upcast: { 1: lift },
    personal: ["customer.email"],
    description: "An order is paid and packed.",
    compacted: true,
    encoding: null,
    topic: { partitions: 12 },
  });
});

test("every problem of a definition is in one error", () => {
  const definition = {
    version: 0,
    subject: "id",
    tenant: "customer",
    stream: "a b",
    personal: ["customer.phone"],
    upcast: { 7: () => ({}) },
    data: z.object({ order_id: z.string(), customer: z.object({ at: z.date() }) }),
  };
  assert.throws(
    () => defineEvent("Order Completed", definition as never),
    (error: ThroughlineError) => {
      assert.equal(error.code, "CONTRACT_INVALID");
      assert.deepEqual(pointers(error), ["/type", "/version", "/stream", "/data/customer/at"]);
      assert.match(
        error.message,
        /"Order Completed".*\/version must be an integer of at least 1, but is 0; .*\/data\/customer\/at is of a type that JSON does not have/,
      );
      return true;
    },
  );
  assert.throws(
    () => defineEvent("order.completed", { ...definition, version: 1, stream: "billing.dlt", data } as never),
    (error: ThroughlineError) => {
      assert.deepEqual(pointers(error), ["/stream", "/upcast/7", "/subject", "/tenant", "/personal/0"]);
      return true;
    },
  );
});

describe("a type", () => {
  for (const type of ["order.completed", "com.example.Order.Completed", "order.line-item.added_2"])
    test(`may be ${type}`, () => void define({ type }));
  for (const type of [
    "order",
    "order.",
    ".completed",
    "order..completed",
    "1.order",
    "order.completed!",
    `order.${"x".repeat(200)}`,
    "",
  ]) {
    test(`must not be "${type.slice(0, 30)}"`, () => assert.deepEqual(problems({ type, stream: "order" }), ["/type"]));
  }
});

describe("a stream", () => {
  for (const stream of ["billing.dlt", "billing.redrive", "throughline.receipts", "..", "a/b", "x".repeat(250)]) {
    test(`must not be "${stream.slice(0, 30)}"`, () => assert.deepEqual(problems({ stream }), ["/stream"]));
  }
});

describe("a subject", () => {
  const subjects: [string, JsonSchema, boolean][] = [
    ["a required string", { properties: { id: { type: "string" } }, required: ["id"] }, true],
    ["a required integer", { properties: { id: { type: "integer" } }, required: ["id"] }, true],
    ["one of some texts", { properties: { id: { enum: ["a", "b"] } }, required: ["id"] }, true],
    [
      "in a part of a composed schema",
      { allOf: [{ properties: { id: { type: "string" } }, required: ["id"] }, { properties: { id: { minLength: 1 } } }] },
      true,
    ],
    [
      "in every alternative",
      {
        oneOf: [
          { properties: { id: { type: "string" }, k: { const: 1 } }, required: ["id"] },
          { properties: { id: { type: "string" }, k: { const: 2 } }, required: ["id"] },
        ],
      },
      true,
    ],
    [
      "behind references",
      {
        $ref: "#/$defs/o",
        $defs: { o: { properties: { id: { $ref: "#/$defs/id" } }, required: ["id"] }, id: { type: "string" } },
      },
      true,
    ],
    ["an optional string", { properties: { id: { type: "string" } } }, false],
    [
      "in one alternative only",
      { anyOf: [{ properties: { id: { type: "string" } }, required: ["id"] }, { properties: { other: {} } }] },
      false,
    ],
    ["a fraction", { properties: { id: { type: "number" } }, required: ["id"] }, false],
    ["a string or null", { properties: { id: { type: ["string", "null"] } }, required: ["id"] }, false],
    ["an object", { properties: { id: { type: "object" } }, required: ["id"] }, false],
    ["anything", { properties: { id: {} }, required: ["id"] }, false],
    ["absent", { properties: {} }, false],
  ];
  for (const [title, schema, isFine] of subjects) {
    test(`${isFine ? "may be" : "must not be"} ${title}`, () =>
      assert.deepEqual(
        problems({ data: jsonSchema<{ id: string }>({ type: "object", ...schema }), subject: "id" }),
        isFine ? [] : ["/subject"],
      ));
  }
});

describe("a tenant", () => {
  for (const property of [{ type: "string" }, { type: ["string", "null"] }, { anyOf: [{ type: "integer" }, { type: "null" }] }]) {
    test(`may be ${JSON.stringify(property)}`, () =>
      assert.deepEqual(
        problems({
          data: jsonSchema({ properties: { id: { type: "string" }, t: property }, required: ["id"] }),
          subject: "id",
          tenant: "t",
        }),
        [],
      ));
  }
});

describe("personal paths", () => {
  for (const path of ["customer", "customer.email", "/customer/email", "customer.tags.name"])
    test(`${path} is found`, () => assert.deepEqual(problems({ personal: [path] }), []));
  for (const path of ["email", "customer.mail", "customer.tags.0", "customer.email.x"])
    test(`${path} is not`, () => assert.deepEqual(problems({ personal: [path] }), ["/personal/0"]));
});

describe("a plain JSON Schema", () => {
  const id = { id: { type: "string" } };
  const cases: [string, unknown, string[]][] = [
    [
      "that is malformed",
      { properties: { ...id, total: { type: "integr", minimum: "1" } }, required: ["id"] },
      ["/data/total", "/data/total"],
    ],
    [
      "with a reference out of it",
      { properties: { ...id, line: { $ref: "https://example.org/line" } }, required: ["id"] },
      ["/data"],
    ],
    ["with a pattern that is none", { properties: { ...id, sku: { pattern: "(" } }, required: ["id"] }, ["/data"]],
    [
      "of a draft that is not known",
      { $schema: "http://json-schema.org/draft-04/schema#", properties: id, required: ["id"] },
      ["/data"],
    ],
    ["that is no schema", "string", ["/data"]],
    ["that is missing", undefined, ["/data"]],
  ];
  for (const [title, schema, expected] of cases) {
    test(`${title} is refused`, () => assert.deepEqual(problems({ data: schema, subject: "id" }), expected));
  }
});

test("two contracts may share a schema's $id", () => {
  const schema = {
    $id: "https://example.org/order",
    type: "object",
    properties: { id: { type: "string" }, in: { $ref: "#/$defs/x" } },
    required: ["id"],
    $defs: { x: { $id: "x", type: "string" } },
  };
  for (const type of ["order.created", "order.paid"]) define({ type, subject: "id", data: schema });
});

function define({ type = "order.completed", ...options }: Readonly<Record<string, unknown>>): unknown {
  return defineEvent(type as string, { version: 1, subject: "order_id", data, ...options } as never);
}

function problems(definition: Readonly<Record<string, unknown>>): string[] {
  try {
    define(definition);
    return [];
  } catch (error) {
    return pointers(error as ThroughlineError);
  }
}

function pointers(error: ThroughlineError): string[] {
  return (error.details["problems"] as Problem[]).map(({ pointer }) => pointer);
}
