import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { closedSchema } from "./closed-schema.ts";
import { loosensOneOf } from "./exclusive-branches.ts";
import type { JsonSchema } from "./json-schema.ts";
import { openSchema } from "./open-schema.ts";
import { schemaDocument } from "./schema-document.ts";

const draft07 = "http://json-schema.org/draft-07/schema#";

function compile({ $schema, ...schema }: JsonSchema): (value: unknown) => boolean {
  const options = { strict: false, meta: false, validateSchema: false } as const;
  return ($schema === draft07 ? new Ajv2019(options) : new Ajv2020(options)).compile(schema);
}

const accepts = (schema: JsonSchema, value: unknown): boolean => compile(schema)(value);

const publisher = (schema: JsonSchema): JsonSchema => closedSchema(schemaDocument(schema));
const reader = (schema: JsonSchema): JsonSchema => openSchema(schemaDocument(schema));

const text = { type: "string" };
const named = (...names: string[]) => ({ type: "object", properties: Object.fromEntries(names.map((name) => [name, text])) });

interface Case {
  readonly title: string;
  readonly schema: JsonSchema;
  /** Every property is named somewhere: a publisher may send it. */
  readonly known: readonly unknown[];
  /** A publisher may not send it; a reader ignores what is too much. */
  readonly unknown: readonly unknown[];
}

const cases: Case[] = [
  { title: "an object", schema: named("a"), known: [{}, { a: "1" }], unknown: [{ a: "1", z: 1 }] },
  {
    title: "an object in an object",
    schema: { properties: { in: named("a") } },
    known: [{ in: { a: "1" } }],
    unknown: [{ in: { z: 1 } }],
  },
  {
    title: "objects in arrays and records",
    schema: {
      properties: { list: { items: named("a") }, pair: { prefixItems: [named("b")] }, map: { additionalProperties: named("c") } },
    },
    known: [{ list: [{ a: "1" }], pair: [{ b: "1" }], map: { any: { c: "1" } } }],
    unknown: [{ list: [{ z: 1 }] }, { pair: [{ z: 1 }] }, { map: { any: { z: 1 } } }],
  },
  { title: "allOf", schema: { allOf: [named("a"), named("b")] }, known: [{ a: "1", b: "1" }], unknown: [{ a: "1", z: 1 }] },
  {
    title: "properties beside allOf",
    schema: { ...named("a"), allOf: [named("b"), { required: ["a"] }] },
    known: [{ a: "1", b: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
  {
    title: "anyOf of objects",
    schema: { anyOf: [named("a"), named("b", "c")] },
    known: [{ a: "1" }, { b: "1", c: "1" }, { a: "1", c: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
  {
    title: "anyOf with null",
    schema: { properties: { in: { anyOf: [named("a"), { type: "null" }] } } },
    known: [{ in: null }, { in: { a: "1" } }],
    unknown: [{ in: { z: 1 } }],
  },
  {
    title: "anyOf that only requires",
    schema: { ...named("a", "b"), anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    known: [{ a: "1" }, { b: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
  {
    title: "oneOf told apart by a constant",
    schema: {
      oneOf: [
        { properties: { kind: { const: "a" }, a: text }, required: ["kind"] },
        { properties: { kind: { const: "b" }, b: text }, required: ["kind"] },
      ],
    },
    known: [
      { kind: "a", a: "1" },
      { kind: "b", b: "1" },
    ],
    unknown: [
      { kind: "a", z: 1 },
      { kind: "a", b: "1" },
    ],
  },
  {
    title: "if, then and else",
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    schema: { ...named("kind"), if: { properties: { kind: { const: "a" } } }, then: named("a"), else: named("b") },
    known: [
      { kind: "a", a: "1" },
      { kind: "x", b: "1" },
    ],
    unknown: [{ kind: "a", z: 1 }],
  },
  {
    title: "dependentSchemas",
    schema: { ...named("a"), dependentSchemas: { a: named("b") } },
    known: [{ a: "1", b: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
  {
    title: "a definition that is referred to alone",
    schema: { properties: { in: { $ref: "#/$defs/x" } }, $defs: { x: named("a") } },
    known: [{ in: { a: "1" } }],
    unknown: [{ in: { z: 1 } }],
  },
  {
    title: "a definition that is referred to alone and as a part",
    schema: {
      properties: { in: { $ref: "#/$defs/x" }, more: { allOf: [{ $ref: "#/$defs/x" }, named("b")] } },
      $defs: { x: named("a") },
    },
    known: [{ in: { a: "1" }, more: { a: "1", b: "1" } }],
    unknown: [{ in: { z: 1 } }, { more: { z: 1 } }],
  },
  {
    title: "a definition with properties beside the reference",
    schema: { $ref: "#/$defs/x", ...named("b"), $defs: { x: named("a") } },
    known: [{ a: "1", b: "1" }],
    unknown: [{ z: 1 }],
  },
  {
    title: "a part's definition behind another",
    schema: { allOf: [{ $ref: "#/$defs/x" }, named("b")], $defs: { x: { $ref: "#/$defs/y" }, y: named("a") } },
    known: [{ a: "1", b: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
  {
    title: "a tree",
    schema: { ...named("a"), properties: { a: text, kids: { type: "array", items: { $ref: "#" } } } },
    known: [{ a: "1", kids: [{ kids: [{ a: "1" }] }] }],
    unknown: [{ kids: [{ kids: [{ z: 1 }] }] }],
  },
  {
    title: "a reference by $id and by $anchor",
    schema: {
      $id: "https://example.org/order",
      properties: { in: { $ref: "line" }, at: { $ref: "#place" } },
      $defs: { x: { $id: "line", ...named("a") }, y: { $anchor: "place", ...named("b") } },
    },
    known: [{ in: { a: "1" }, at: { b: "1" } }],
    unknown: [{ in: { z: 1 } }, { at: { z: 1 } }],
  },
  {
    title: "draft-07",
    schema: {
      $schema: draft07,
      properties: { in: { allOf: [{ $ref: "#/definitions/x" }, named("b")] } },
      definitions: { x: named("a") },
    },
    known: [{ in: { a: "1", b: "1" } }],
    unknown: [{ in: { z: 1 } }],
  },
  {
    title: "objects that were closed by hand",
    schema: {
      ...named("a"),
      properties: { a: text, in: { ...named("b"), additionalProperties: false } },
      additionalProperties: false,
    },
    known: [{ a: "1", in: { b: "1" } }],
    unknown: [{ z: 1 }, { in: { z: 1 } }],
  },
  {
    title: "a composed object that was closed by hand",
    schema: { allOf: [named("a"), named("b")], unevaluatedProperties: false },
    known: [{ a: "1", b: "1" }],
    unknown: [{ z: 1 }],
  },
  {
    title: "a definition that was closed by hand",
    schema: { $ref: "#/$defs/x", unevaluatedProperties: false, $defs: { x: named("a") } },
    known: [{ a: "1" }],
    unknown: [{ z: 1 }],
  },
  {
    title: "oneOf of objects that were closed by hand",
    schema: {
      oneOf: [
        { ...named("a"), additionalProperties: false },
        { ...named("a", "b"), required: ["b"], additionalProperties: false },
      ],
    },
    known: [{ a: "1" }, { a: "1", b: "1" }],
    unknown: [{ a: "1", z: 1 }],
  },
];

for (const { title, schema, known, unknown } of cases) {
  describe(title, () => {
    test("takes what it names from publishers and for readers", () => {
      for (const value of known) {
        assert.ok(accepts(schema, value), `the case itself is wrong: ${JSON.stringify(value)}`);
        assert.ok(accepts(publisher(schema), value), `publisher: ${JSON.stringify(value)}`);
        assert.ok(accepts(reader(schema), value), `reader: ${JSON.stringify(value)}`);
        assert.ok(accepts(reader(publisher(schema)), value), `reader of the closed schema: ${JSON.stringify(value)}`);
      }
    });
    test("refuses what it does not name to publishers, and ignores it for readers", () => {
      for (const value of unknown) {
        assert.ok(!accepts(publisher(schema), value), `publisher: ${JSON.stringify(value)}`);
        assert.ok(accepts(reader(schema), value), `reader: ${JSON.stringify(value)}`);
        assert.ok(accepts(reader(publisher(schema)), value), `reader of the closed schema: ${JSON.stringify(value)}`);
      }
    });
  });
}

describe("stays open", () => {
  const open: [string, JsonSchema, unknown][] = [
    ["an object without named properties", { type: "object" }, { z: 1 }],
    ["an object that takes others outright", { ...named("a"), additionalProperties: true }, { z: 1 }],
    ["an object that takes others of a type", { ...named("a"), additionalProperties: { type: "number" } }, { z: 1 }],
    [
      "a composed object of which one part takes others",
      { allOf: [named("a"), { ...named("b"), additionalProperties: true }] },
      { z: 1 },
    ],
    ["alternatives of which one is any object", { anyOf: [named("a"), { type: "object", required: ["z"] }] }, { z: 1 }],
    ["alternatives of which one is anything", { anyOf: [named("a"), true] }, { z: 1 }],
    ["named patterns", { ...named("a"), patternProperties: { "^x-": text } }, { a: "1", "x-z": "1" }],
    [
      "a schema with a dynamic reference",
      { ...named("a"), properties: { in: { $dynamicRef: "#node" } }, $defs: { n: { $dynamicAnchor: "node", ...named("b") } } },
      { z: 1 },
    ],
    [
      "a root that is a part of something inside it",
      { properties: { a: text, in: { allOf: [{ $ref: "#" }, named("b")] } } },
      { in: { a: "1", b: "1" } },
    ],
  ];
  for (const [title, schema, value] of open) test(title, () => assert.ok(accepts(publisher(schema), value)));
});

test("what stands in a test keeps its meaning", () => {
  const forbidden = { ...named("a"), required: ["a"] };
  const schema = { properties: { in: {} }, not: { properties: { in: forbidden }, required: ["in"] } };
  const value = { in: { a: "1", z: 1 } };
  assert.ok(!accepts(schema, value));
  assert.ok(!accepts(publisher(schema), value));
  const exact = {
    properties: { in: {} },
    not: { properties: { in: { ...forbidden, additionalProperties: false } }, required: ["in"] },
  };
  assert.ok(accepts(exact, value));
  assert.ok(accepts(reader(exact), value));
});

describe("for any composition of objects", () => {
  // Small schemas over the properties a, b and c, in every mixture of parts and references.
  const name = fc.constantFrom("a", "b", "c");
  const { schema: anySchema } = fc.letrec<{ schema: JsonSchema; leaf: JsonSchema }>((tie) => ({
    leaf: fc.oneof(
      fc.uniqueArray(name, { minLength: 1, maxLength: 2 }).map((names) => named(...names)),
      name.map((required) => ({ required: [required] })),
      fc.constantFrom<JsonSchema>({ $ref: "#/$defs/x" }, { $ref: "#/$defs/y" }, { type: "null" }, { type: "object" }),
    ),
    schema: fc.oneof(
      { maxDepth: 3, depthIdentifier: "schema" },
      tie("leaf"),
      fc
        .tuple(fc.constantFrom("allOf", "anyOf", "oneOf"), fc.array(tie("schema"), { minLength: 1, maxLength: 2 }))
        .map(([keyword, parts]) => ({ [keyword]: parts })),
      fc.tuple(name, tie("schema")).map(([property, inner]) => ({ type: "object", properties: { [property]: inner } })),
    ),
  }));
  const anyDocument = fc
    .record({ root: anySchema, x: anySchema, y: anySchema })
    // References in definitions could go round in a circle without ever reaching a value.
    .map(({ root, x, y }): JsonSchema => ({ ...root, $defs: { x: withoutRefs(x), y: withoutRefs(y) } }));
  const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom("s", null), fc.dictionary(name, tie("value"), { maxKeys: 3 })),
  }));

  function withoutRefs(schema: JsonSchema): JsonSchema {
    return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === "$ref" ? undefined : value))) as JsonSchema;
  }

  test("a publisher may send nothing that the schema refuses, and a reader takes whatever either allows", () => {
    fc.assert(
      fc.property(anyDocument, fc.array(anyValue, { minLength: 5, maxLength: 10 }), (schema, values) => {
        const [original, opened, closed, reopened] = [schema, reader(schema), publisher(schema), reader(publisher(schema))].map(
          compile,
        );
        for (const value of values) {
          if (original?.(value)) assert.ok(opened?.(value));
          if (closed?.(value)) assert.ok(reopened?.(value));
          // Where what is inside of alternatives is closed, a value that matched two of them may match one: publish asks both.
          if (closed?.(value) && !loosensOneOf(schemaDocument(schema))) assert.ok(original?.(value));
        }
      }),
      { numRuns: 150 },
    );
  });
});
