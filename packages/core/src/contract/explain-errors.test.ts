import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closedSchema } from "./closed-schema.ts";
import { explainErrors } from "./explain-errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import { schemaDocument } from "./schema-document.ts";
import { schemaValidator } from "./schema-validator.ts";

/** What a publisher is told, as `pointer message`. */
function told(schema: JsonSchema, value: unknown, personal: readonly string[] = []): string[] {
  const validator = schemaValidator(closedSchema(schemaDocument(schema)));
  return explainErrors(validator.errors(value), validator, personal).map(({ pointer, message }) =>
    `${pointer} ${message}`.trim(),
  );
}

const of = (property: JsonSchema): JsonSchema => ({ type: "object", properties: { x: property } });

describe("one sentence for each keyword", () => {
  const cases: [JsonSchema, unknown, string][] = [
    [{ type: "integer" }, "12", '/x must be an integer, but is "12"'],
    [{ type: "integer" }, 1.5, "/x must be an integer, but is 1.5"],
    [{ type: "number" }, Number.NaN, "/x must be a number, but is NaN"],
    [{ type: "number" }, 12n, "/x must be a number, but is 12n"],
    [{ type: "string" }, new Date(0), "/x must be a string, but is a Date"],
    [{ type: ["string", "null"] }, 5, "/x must be a string or null, but is 5"],
    [{ enum: ["a", "b", null] }, "c", '/x must be one of "a", "b" or null, but is "c"'],
    [{ const: "a" }, "c", '/x must be "a", but is "c"'],
    [{ minimum: 5 }, 3, "/x must be at least 5, but is 3"],
    [{ exclusiveMaximum: 5 }, 5, "/x must be less than 5, but is 5"],
    [{ multipleOf: 5 }, 3, "/x must be a multiple of 5, but is 3"],
    [{ type: "string", minLength: 1 }, "", '/x must have at least 1 character, but is ""'],
    [{ maxItems: 1 }, [1, 2], "/x must have at most 1 item, but has 2"],
    [{ minProperties: 2 }, { a: 1 }, "/x must have at least 2 properties, but has 1"],
    [{ uniqueItems: true }, [1, 2, 1], "/x must not repeat an item, but items 0 and 2 are the same"],
    [{ pattern: "^a" }, "b", '/x must match ^a, but is "b"'],
    [{ format: "date-time" }, "now", '/x must be a valid date-time, but is "now"'],
    [{ format: "uuid" }, "u".repeat(80), `/x must be a valid uuid, but is "${"u".repeat(58)}…`],
    [{ not: {} }, 1, "/x must NOT be valid, but is 1"],
    [{ properties: { y: {} }, required: ["y"] }, {}, "/x/y is missing"],
    [{ properties: { y: {} } }, { z: 1 }, "/x/z is not in the contract"],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, '/x/b is missing; it belongs to "a"'],
    [{ propertyNames: { maxLength: 1 } }, { long: 1 }, '/x must not have a property named "long"'],
  ];
  for (const [schema, value, sentence] of cases) {
    test(sentence, () => assert.ok(told(of(schema), { x: value }).includes(sentence), told(of(schema), { x: value }).join("\n")));
  }

  test("names with slashes and tildes are escaped in the pointer", () => {
    assert.deepEqual(told({ properties: { "a/b~c": { type: "string" } }, required: ["d/e"] }, { "a/b~c": 1 }), [
      "/d~1e is missing",
      "/a~1b~0c must be a string, but is 1",
    ]);
  });
});

describe("alternatives", () => {
  const card = { type: "object", properties: { kind: { const: "card" }, card: { type: "string" } }, required: ["kind", "card"] };
  const bank = { type: "object", properties: { kind: { const: "bank" }, iban: { type: "string" } }, required: ["kind", "iban"] };

  for (const [title, payment] of [
    ["in place", { oneOf: [card, bank] }],
    ["by reference", { oneOf: [{ $ref: "#/$defs/card" }, { $ref: "#/$defs/bank" }] }],
  ] as const) {
    const schema = { ...of(payment), $defs: { card, bank } };
    test(`that are told apart by a constant, ${title}: only what is wrong with the one that was meant`, () => {
      assert.deepEqual(told(schema, { x: { kind: "bank", iban: 7 } }), ["/x/iban must be a string, but is 7"]);
      assert.deepEqual(told(schema, { x: { kind: "bank", iban: "1", card: "2" } }), ["/x/card is not in the contract"]);
      assert.deepEqual(told(schema, { x: { kind: "bank", iban: 7, other: 1 } }), [
        "/x/other is not in the contract",
        "/x/iban must be a string, but is 7",
      ]);
    });
    test(`of which none was meant, ${title}: the constants that there are`, () => {
      assert.deepEqual(told(schema, { x: { kind: "cash" } }), ['/x/kind must be one of "card" or "bank", but is "cash"']);
    });
  }

  test("null or an object: what is wrong with the object", () => {
    const schema = of({ anyOf: [{ type: "object", properties: { state: { enum: ["on"] } } }, { type: "null" }] });
    assert.deepEqual(told(schema, { x: { state: "off" } }), ['/x/state must be "on", but is "off"']);
    assert.deepEqual(told(schema, { x: 5 }), ["/x must be an object or null, but is 5"]);
  });

  test("within alternatives: the same again", () => {
    const schema = of({
      anyOf: [{ type: "null" }, { type: "object", properties: { in: { anyOf: [{ type: "string" }, { type: "boolean" }] } } }],
    });
    assert.deepEqual(told(schema, { x: { in: 1 } }), ["/x/in must be a string or true or false, but is 1"]);
  });

  test("that nothing tells apart are named as such, and so are several that match", () => {
    assert.deepEqual(told(of({ anyOf: [{ minimum: 5 }, { multipleOf: 2 }] }), { x: 3 }), [
      "/x matches none of the alternatives, but is 3",
    ]);
    assert.deepEqual(told(of({ oneOf: [{ minimum: 1 }, { multipleOf: 2 }] }), { x: 4 }), [
      "/x must match one of the alternatives, but matches several, but is 4",
    ]);
  });

  test("do not hide problems of the properties beside them", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
      anyOf: [{ required: ["a"] }, { required: ["b"] }],
    };
    assert.deepEqual(told(schema, { a: 1 }), ["/a must be a string, but is 1"]);
  });
});

describe("personal values are in no sentence", () => {
  const person = { type: "object", properties: { email: { type: "string", format: "email" }, age: { type: "integer" } } };
  const schema = {
    type: "object",
    properties: {
      customer: person,
      guests: { type: "array", items: person },
      contacts: { type: "object", additionalProperties: { type: "integer" } },
    },
  };

  test("at the field itself, through arrays, and at what holds it", () => {
    const personal = ["customer.email", "guests.email"];
    assert.deepEqual(told(schema, { customer: { email: "not-an-address", age: "40" } }, personal), [
      "/customer/email must be a valid email, but is a string",
      '/customer/age must be an integer, but is "40"',
    ]);
    assert.deepEqual(told(schema, { guests: [{ email: 17 }] }, personal), ["/guests/0/email must be a string, but is a number"]);
    assert.deepEqual(told(schema, { customer: "Ada <ada@example.org>" }, personal), [
      "/customer must be an object, but is a string",
    ]);
  });

  test("nor are names of properties inside of one", () => {
    assert.deepEqual(told(schema, { contacts: { "ada@example.org": "x" } }, ["contacts"]), [
      "/contacts must be an integer, but is a string",
    ]);
  });
});
