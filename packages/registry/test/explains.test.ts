import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCompatibility, type CompatibilityLevel } from "../src/index.ts";

type Schema = Readonly<Record<string, unknown>>;

const draft = "https://json-schema.org/draft/2020-12/schema";
const order = (changes: Schema = {}, properties: Schema = {}): Schema => ({
  $schema: draft,
  type: "object",
  properties: {
    order_id: { type: "string" },
    total: { type: "integer", minimum: 0 },
    state: { enum: ["open", "paid"] },
    lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" } }, required: ["sku"] } },
    ...properties,
  },
  required: ["order_id", "total"],
  ...changes,
});

function found(old: unknown, candidate: unknown, level: CompatibilityLevel = "BACKWARD"): string[] {
  return checkCompatibility({
    type: "JSON",
    level,
    candidate: { schema: candidate },
    versions: [{ version: 1, schema: old }],
  }).map(({ kind, pointer, message }) => `${kind} ${pointer}: ${message}`);
}

describe("a verdict explains itself: kind, JSON pointer, and a sentence with the old and the new", () => {
  const cases: [what: string, old: unknown, candidate: unknown, ...expected: string[]][] = [
    [
      "a property that is required",
      order(),
      order({ required: ["order_id", "total", "state"] }),
      'required_added /required: "/state" must be there in the new schema; version 1 does not require it',
    ],
    [
      "another type",
      order(),
      order({}, { total: { type: "string" } }),
      'type_narrowed /properties/total/type: "/total" must be string in the new schema; version 1 allows number',
    ],
    [
      "only whole numbers",
      order({}, { total: { type: "number" } }),
      order({}, { total: { type: "integer" } }),
      'type_narrowed /properties/total/type: "/total" must be integer in the new schema; version 1 allows number',
    ],
    [
      "a higher minimum",
      order(),
      order({}, { total: { type: "integer", exclusiveMinimum: 0 } }),
      'minimum_raised /properties/total/minimum: "/total" must be above 0 in the new schema; version 1 allows at least 0',
    ],
    [
      "a value less",
      order(),
      order({}, { state: { enum: ["open"] } }),
      'values_narrowed /properties/state: "/state" may be "paid" in version 1, which the new schema refuses',
    ],
    [
      "deep inside",
      order(),
      order({}, { lines: { type: "array", items: { type: "object", properties: { sku: { type: "string", maxLength: 8 } } } } }),
      'max_length_lowered /properties/lines/items/properties/sku/maxLength: "/lines/[]/sku" must be at most 8 characters long in the new schema; version 1 allows any length',
    ],
    [
      "a property that is refused",
      order({ additionalProperties: { type: "string" } }),
      order({ additionalProperties: false }),
      'property_refused /additionalProperties: "/{}" may be there under any other name in version 1; the new schema refuses it',
    ],
    [
      "two problems",
      order(),
      order({ required: ["order_id", "total", "lines"] }, { order_id: { type: "string", format: "uuid" } }),
      'required_added /required: "/lines" must be there in the new schema; version 1 does not require it',
      'format_changed /properties/order_id/format: "/order_id" must be of format "uuid" in the new schema; version 1 allows any string',
    ],
    [
      "choices",
      { anyOf: [{ type: "string" }, { type: "integer" }] },
      { anyOf: [{ type: "string" }, { type: "integer", minimum: 1 }] },
      "choice_narrowed /anyOf: the data is accepted by none of the 2 choices of the new schema in every case that version 1 allows: the closest one refuses it, for the data must be at least 1 in the new schema; version 1 allows any number",
    ],
    [
      "a keyword that cannot be judged",
      { type: "object", unevaluatedProperties: true },
      { type: "object", unevaluatedProperties: false },
      "not_understood : the data is restricted by unevaluatedProperties, of which it cannot be told what it refuses: keep it as it is, or say it in other words",
    ],
  ];
  for (const [what, old, candidate, ...expected] of cases)
    it(what, () => {
      assert.deepEqual(found(old, candidate), expected);
    });

  it("forward, the sides change places", () => {
    assert.deepEqual(found(order({ required: ["order_id", "total", "state"] }), order(), "FORWARD"), [
      'required_added /required: "/state" must be there in version 1; the new schema does not require it',
    ]);
  });

  it("full says both; transitive looks at all versions, the newest first", () => {
    const versions = [
      { version: 1, schema: { type: "integer" } },
      { version: 4, schema: { type: ["integer", "string"] } },
    ];
    const levels = (level: CompatibilityLevel): string[] =>
      checkCompatibility({ type: "JSON", level, candidate: { schema: { type: "string" } }, versions }).map(
        ({ direction, version, kind }) => `${direction} ${version} ${kind}`,
      );
    assert.deepEqual(levels("NONE"), []);
    assert.deepEqual(levels("BACKWARD"), ["backward 4 type_narrowed"]);
    assert.deepEqual(levels("FORWARD"), []);
    assert.deepEqual(levels("BACKWARD_TRANSITIVE"), ["backward 4 type_narrowed", "backward 1 type_narrowed"]);
    assert.deepEqual(levels("FORWARD_TRANSITIVE"), ["forward 1 type_narrowed"]);
    assert.deepEqual(levels("FULL"), ["backward 4 type_narrowed"]);
    assert.deepEqual(levels("FULL_TRANSITIVE"), [
      "backward 4 type_narrowed",
      "backward 1 type_narrowed",
      "forward 1 type_narrowed",
    ]);
  });
});

describe("what says the same in other words is compatible both ways", () => {
  const same: [what: string, one: unknown, other: unknown][] = [
    ["a reference and what it refers to", { $ref: "#/$defs/a", $defs: { a: { type: "string" } } }, { type: "string" }],
    ["an anchor", { $ref: "#a", $defs: { x: { $anchor: "a", type: "string" } } }, { type: "string" }],
    ["allOf and its parts", { allOf: [{ type: "string" }, { maxLength: 3 }] }, { type: "string", maxLength: 3 }],
    ["const and enum", { const: 1 }, { enum: [1] }],
    ["a list of types and anyOf", { type: ["string", "null"] }, { anyOf: [{ type: "null" }, { type: "string" }] }],
    [
      "choices in another order",
      { oneOf: [{ type: "string" }, { minimum: 1 }] },
      { oneOf: [{ minimum: 1 }, { type: "string" }] },
    ],
    ["integers as multiples", { type: "integer" }, { type: "number", multipleOf: 1 }],
    [
      "drafts",
      { $schema: "http://json-schema.org/draft-04/schema#", type: "number", minimum: 1, exclusiveMinimum: true },
      { type: "number", exclusiveMinimum: 1 },
    ],
    [
      "dependencies",
      { $schema: "http://json-schema.org/draft-07/schema#", dependencies: { a: ["b"] } },
      { dependentRequired: { a: ["b"] } },
    ],
    [
      "lists that hold themselves",
      { $ref: "#/$defs/n", $defs: { n: { type: "object", properties: { next: { $ref: "#/$defs/n" }, v: { type: "string" } } } } },
      {
        $ref: "#/$defs/n",
        $defs: {
          n: { type: "object", properties: { next: { $ref: "#/$defs/m" }, v: { type: "string" } } },
          m: { type: "object", properties: { next: { $ref: "#/$defs/n" }, v: { type: "string" } } },
        },
      },
    ],
    ["a boolean and its values", { type: "boolean" }, { enum: [true, false] }],
  ];
  for (const [what, one, other] of same)
    it(what, () => {
      assert.deepEqual(found(one, other, "FULL"), []);
    });

  it("in a document that is referred to by name", () => {
    const references = new Map<string, unknown>([["customer.json", { $defs: { id: { type: "string", minLength: 2 } } }]]);
    const schema = (properties: Schema): Schema => ({ type: "object", properties });
    const check = (candidate: unknown): string[] =>
      checkCompatibility({
        type: "JSON",
        level: "FULL",
        candidate: { schema: candidate, references },
        versions: [{ version: 1, schema: schema({ id: { type: "string", minLength: 2 } }) }],
      }).map(({ pointer }) => pointer);
    assert.deepEqual(check(schema({ id: { $ref: "customer.json#/$defs/id" } })), []);
    references.set("customer.json", { $defs: { id: { type: "string", minLength: 3 } } });
    assert.deepEqual(check(schema({ id: { $ref: "customer.json#/$defs/id" } })), ["customer.json#/$defs/id/minLength"]);
  });
});

describe("a new kind of an event among others", () => {
  const kinds = (count: number): Schema => ({
    oneOf: Array.from({ length: count }, (_, index) => ({
      type: "object",
      properties: { kind: { const: `kind-${index}` }, value: { type: "integer" } },
      required: ["kind"],
    })),
  });

  it("is backward compatible, and not forward", () => {
    assert.deepEqual(found(kinds(20), kinds(21), "BACKWARD"), []);
    assert.equal(found(kinds(20), kinds(21), "FORWARD").length, 1);
  });
});
