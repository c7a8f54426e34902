import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { validateForPublish } from "../contract-data.ts";
import { defineEvent } from "../define-event.ts";
import type { JsonSchema } from "../json-schema.ts";
import { schemaValidator } from "../schema-validator.ts";
import { Evaluator } from "./evaluator.ts";
import { suitsAjv } from "./suits-ajv.ts";

const draft07 = "http://json-schema.org/draft-07/schema#";
const accepts = (schema: JsonSchema, value: unknown): boolean => schemaValidator(schema).errors(value).length === 0;

interface Case {
  readonly title: string;
  readonly schema: JsonSchema;
  readonly accepted: readonly unknown[];
  readonly refused: readonly unknown[];
}

class Order {
  readonly order_id = "o-1";
  get total(): number {
    return 1;
  }
}

const cases: Case[] = [
  {
    title: "contains asks for an item, also of an empty array and of one that is nested",
    schema: { contains: { type: "integer" }, properties: { list: { contains: { minimum: 5 }, items: { type: "number" } } } },
    accepted: [[1], ["a", 2], "no array", { list: [5] }],
    refused: [[], ["a"], { list: [] }, { list: [4] }],
  },
  {
    title: "contains with none at least",
    schema: { contains: { const: 1 }, minContains: 0, maxContains: 1, unevaluatedItems: { type: "string" } },
    accepted: [[], [1], ["a"], ["a", 1]],
    refused: [[1, 1], [2]],
  },
  {
    title: "what alternatives and patterns have looked at is evaluated",
    schema: {
      anyOf: [{ patternProperties: { "^a": { type: "integer" } } }, { properties: { b: { type: "string" } } }],
      unevaluatedProperties: false,
    },
    accepted: [{}, { a1: 1 }, { b: "x" }, { a1: 1, b: "x" }],
    refused: [{ c: 1 }, { a1: "x", b: 2 }, { a1: "x", b: "x" }, { a1: 1, c: 1 }],
  },
  {
    title: "what an alternative that fails has looked at is not",
    schema: {
      oneOf: [
        { properties: { kind: { const: "a" }, a: {} }, required: ["kind"] },
        { properties: { kind: { const: "b" }, b: {} }, required: ["kind"] },
      ],
      unevaluatedProperties: false,
    },
    accepted: [{ kind: "a", a: 1 }],
    refused: [{ kind: "a", b: 1 }],
  },
  {
    title: "names that every object of JavaScript has are names like others",
    schema: { required: ["toString"], properties: { constructor: { type: "string" }, ["__proto__"]: { type: "integer" } } },
    accepted: [JSON.parse('{ "toString": 1, "constructor": "x", "__proto__": 1 }')],
    refused: [{}, JSON.parse('{ "toString": 1, "constructor": 2 }'), JSON.parse('{ "toString": 1, "__proto__": "x" }')],
  },
  {
    title: "what an object inherits is not there, for JSON does not write it",
    schema: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id", "total"] },
    accepted: [{ order_id: "o-1", total: 1 }, Object.assign(Object.create(null), { order_id: "o-1", total: 2 })],
    refused: [new Order(), Object.create({ order_id: "o-1", total: 1 })],
  },
  {
    title: "a multiple is one in decimals, of whatever size",
    schema: { multipleOf: 0.01 },
    accepted: [0.07, 19.99, 1e22, 4.35],
    refused: [0.075, 19.999, 1e-7],
  },
  { title: "a large number is a multiple of 1", schema: { multipleOf: 1 }, accepted: [1e22, 2 ** 70], refused: [0.5] },
  {
    title: "what may be written beyond ASCII is checked as its narrower format is",
    schema: {
      properties: { iri: { format: "iri" }, reference: { format: "iri-reference" }, email: { format: "idn-email" } },
    },
    accepted: [
      { iri: "https://例え.jp/grüße?ä#ö", reference: "/grüße", email: "用户@例え.jp" },
      { iri: "https://example.org/%20?a=b", reference: "a/b", email: "ada@example.org" },
    ],
    refused: [
      { iri: "no iri" },
      { iri: "/grüße" },
      { iri: "https://a b/ü" },
      { reference: "\\\\grüße" },
      { reference: "\ud800" },
      { email: "用户" },
      { email: "a b@例え.jp" },
      { email: "ada@" },
    ],
  },
  { title: "nullable means nothing", schema: { type: "string", nullable: true }, accepted: ["a"], refused: [null] },
  { title: "$async means nothing", schema: { $async: true, type: "string" }, accepted: ["a"], refused: [1] },
  {
    title: "objects are the same whatever their names are",
    schema: { enum: [{ valueOf: 1, constructor: { a: 1 } }], uniqueItems: true },
    accepted: [{ constructor: { a: 1 }, valueOf: 1 }],
    refused: [{ constructor: { a: 2 }, valueOf: 1 }, [1]],
  },
  { title: "no value is one of none", schema: { enum: [] }, accepted: [], refused: [null, "a", {}] },
  {
    title: "items repeat when their members are the same in another order",
    schema: { uniqueItems: true },
    accepted: [[1, true, "1", { a: 1 }, { a: 2 }, []]],
    refused: [
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      [1, 1],
    ],
  },
  {
    title: "a dynamic reference leads to the outermost of its name",
    schema: {
      $id: "https://example.org/strings",
      $dynamicAnchor: "item",
      type: ["string", "array"],
      $ref: "sorted",
      $defs: {
        sorted: { $id: "sorted", $dynamicAnchor: "item", $ref: "list", uniqueItems: true },
        list: { $id: "list", $dynamicAnchor: "item", items: { $dynamicRef: "#item" } },
      },
    },
    accepted: [["a"], [["b"]]],
    refused: [[1], [[2]]],
  },
  {
    title: "of draft-07: beside a reference nothing counts",
    schema: {
      $schema: draft07,
      properties: { a: { $ref: "#/definitions/list", maxItems: 1 } },
      definitions: { list: { type: "array" } },
    },
    accepted: [{ a: [1, 2] }],
    refused: [{ a: 1 }],
  },
  {
    title: "of draft-07: what only newer drafts know means nothing",
    schema: { $schema: draft07, dependentRequired: { a: ["b"] }, contains: { const: 1 }, maxContains: 1 },
    accepted: [{ a: 1 }, [1, 1]],
    refused: [[2]],
  },
  {
    title: "of 2020-12: beside a reference everything counts",
    schema: { properties: { a: { $ref: "#/$defs/list", maxItems: 1 } }, $defs: { list: { type: "array" } } },
    accepted: [{ a: [1] }],
    refused: [{ a: [1, 2] }, { a: 1 }],
  },
  {
    title: "a schema of the drafts can be referred to",
    schema: { properties: { schema: { $ref: "https://json-schema.org/draft/2020-12/schema" } } },
    accepted: [{ schema: { type: "string" } }, { schema: true }],
    refused: [{ schema: { type: "text" } }, { schema: { properties: { a: { minLength: -1 } } } }],
  },
];

for (const { title, schema, accepted, refused } of cases)
  test(title, () => {
    for (const value of accepted) assert.ok(accepts(schema, value), JSON.stringify(value));
    for (const value of refused) assert.ok(!accepts(schema, value), JSON.stringify(value));
  });

describe("data without an end", () => {
  const tree = { type: "object", properties: { in: { $ref: "#" } } };
  const deep = JSON.parse(`${'{"in":'.repeat(200_000)}{}${"}".repeat(200_000)}`) as unknown;
  const round: Record<string, unknown> = {};
  round["in"] = round;
  for (const [title, schema] of [
    ["by the code that Ajv made", tree],
    ["by our own checks", { ...tree, contains: {} }],
  ] as const)
    test(`is refused, ${title}`, () => {
      for (const value of [deep, round])
        assert.deepEqual(
          schemaValidator(schema)
            .errors(value)
            .map(({ keyword }) => keyword),
          ["nesting"],
        );
    });
});

test("schemas that Ajv is trusted with are refused and accepted alike by both", () => {
  const name = fc.constantFrom("a", "b", "c");
  const scalar = fc.oneof(
    fc.constantFrom(null, true, false, "", "a", "ä𝄞"),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0.5, 1e21),
  );
  const { schema: anySchema } = fc.letrec<{ schema: JsonSchema | boolean }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4, depthIdentifier: "trusted" },
      fc.boolean(),
      fc.constantFrom("string", "number", "integer", "boolean", "null", "array", "object").map((type) => ({ type })),
      fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }).map((values) => ({ enum: values })),
      scalar.map((value) => ({ const: value })),
      fc.record({ minimum: fc.integer({ min: -2, max: 2 }), exclusiveMaximum: fc.integer({ min: -2, max: 3 }) }),
      fc.record({ minLength: fc.nat(2), maxLength: fc.nat(3), pattern: fc.constantFrom("^a", "ä", "^$|\\p{L}") }),
      fc.record({ minItems: fc.nat(2), maxItems: fc.nat(3), items: tie("schema") }, { requiredKeys: ["minItems"] }),
      fc.record({ items: fc.constant({ type: "integer" }), uniqueItems: fc.constant(true) }),
      fc.record(
        {
          properties: fc.dictionary(name, tie("schema"), { maxKeys: 3 }),
          required: fc.uniqueArray(name, { maxLength: 2 }),
          additionalProperties: tie("schema"),
          propertyNames: tie("schema"),
          minProperties: fc.nat(2),
          maxProperties: fc.nat(3),
          dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
        },
        { requiredKeys: [] },
      ),
      fc
        .tuple(fc.constantFrom("allOf", "anyOf", "oneOf"), fc.array(tie("schema"), { minLength: 1, maxLength: 3 }))
        .map(([keyword, parts]) => ({ [keyword]: parts })),
      tie("schema").map((inner) => ({ not: inner })),
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      fc.record({ if: tie("schema"), then: tie("schema"), else: tie("schema") }, { requiredKeys: ["if"] }),
      fc.constantFrom({ $ref: "#/$defs/x" }, { $ref: "#/$defs/y", minLength: 1 }),
    ) as fc.Arbitrary<JsonSchema | boolean>,
  }));
  const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthIdentifier: "values" },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(name, tie("value"), { maxKeys: 3 }),
    ),
  }));
  let compared = 0;
  fc.assert(
    fc.property(anySchema, anySchema, fc.array(anyValue, { minLength: 8, maxLength: 8 }), (root, x, values) => {
      // References in definitions could go round in a circle without ever reaching a value.
      const schema: JsonSchema = { allOf: [root], $defs: { x: withoutRefs(x), y: { type: ["string", "integer"] } } };
      if (!suitsAjv(schema)) return;
      const validator = schemaValidator(schema);
      const evaluator = new Evaluator(schema);
      for (const value of values) {
        compared++;
        const [ours, theirs] = [evaluator.errors(value), validator.errors(value)];
        assert.equal(ours.length === 0, theirs.length === 0, JSON.stringify({ schema, value }));
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(compared > 1_000, `${compared} were compared`);

  function withoutRefs(schema: JsonSchema | boolean): JsonSchema | boolean {
    return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === "$ref" ? undefined : value))) as JsonSchema;
  }
});

test("a schema is made into checks once, and evaluated without being looked at again", () => {
  let reads = 0;
  const counting = (schema: JsonSchema): JsonSchema =>
    new Proxy(schema, {
      get: (target, keyword) => (reads++, target[keyword as string]),
      ownKeys: (target) => (reads++, Reflect.ownKeys(target)),
    });
  for (const schema of [
    { type: "object", required: ["a"] },
    { type: "object", required: ["a"], unevaluatedProperties: { type: "integer" } },
  ]) {
    reads = 0;
    const validator = schemaValidator(counting(schema));
    assert.deepEqual(validator.errors({ a: 1 }), []);
    const made = reads;
    assert.ok(made > 0);
    for (let n = 0; n < 1_000; n++) assert.deepEqual(validator.errors({ a: n }), []);
    assert.equal(reads, made);
    // Of a contract, too: once for each of its versions.
    const contract = defineEvent<"order.made", { a: string }>("order.made", {
      version: 1,
      subject: "a",
      data: { ...schema, properties: { a: { type: "string" } } },
    });
    const versions = [1, 2].map((version) => ({ ...contract, version, schema: counting(contract.schema) }));
    for (const version of versions) validateForPublish(version, { a: "1" });
    const published = reads;
    for (let n = 0; n < 1_000; n++) for (const version of versions) validateForPublish(version, { a: "1" });
    assert.equal(reads, published);
  }
});
