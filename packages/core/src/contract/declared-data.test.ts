import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { closedSchema } from "./closed-schema.ts";
import { declaredPart } from "./declared-data.ts";
import type { JsonSchema } from "./json-schema.ts";
import { openSchema } from "./open-schema.ts";
import { schemaDocument } from "./schema-document.ts";
import { schemaValidator } from "./schema-validator.ts";

const name = fc.constantFrom("a", "b", "c");
const record = <T>(parts: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> =>
  fc.record(parts, { noNullPrototype: true });
const leaf = fc.constantFrom<JsonSchema>({ type: "integer" }, { type: "string" }, { type: ["string", "null"] }, {});

const { schema: anySchema } = fc.letrec<{ schema: JsonSchema; object: JsonSchema }>((tie) => ({
  object: record({
    type: fc.constant("object"),
    properties: fc.dictionary(name, tie("schema"), { maxKeys: 3, noNullPrototype: true }),
  }),
  schema: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    tie("object"),
    record({ type: fc.constant("object"), additionalProperties: fc.oneof(fc.boolean(), tie("schema")) }),
    record({ type: fc.constant("array"), items: tie("schema") }),
    record({ allOf: fc.array(tie("object"), { minLength: 1, maxLength: 2 }) }),
    record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    record({ oneOf: fc.array(tie("object"), { minLength: 1, maxLength: 2 }) }),
  ),
}));

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "medium" },
    fc.integer(),
    fc.constant("text"),
    fc.constant(null),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(tie("value"), { maxLength: 2 }),
  ),
})).value;

/** What a publisher would be told of properties that its schema does not know. */
const unknownProperties = (schema: JsonSchema, data: unknown): string[] =>
  schemaValidator(schema)
    .errors(data)
    .filter(
      ({ keyword, schema: said }) =>
        (keyword === "additionalProperties" || keyword === "unevaluatedProperties") && said === false,
    )
    .map(({ instancePath, params }) => `${instancePath}: ${JSON.stringify(params)}`);

test("what is left of valid data is data that a publisher with the same schema might have written, if it might have at all", () => {
  let taken = 0;
  fc.assert(
    fc.property(anySchema, value, (schema, data) => {
      const closed = closedSchema(schemaDocument(schema));
      const open = openSchema(schemaDocument(closed));
      const validator = schemaValidator(open);
      fc.pre(validator.errors(data).length === 0);
      const before = structuredClone(data);
      const left = declaredPart(schemaDocument(open), validator)(data);
      assert.deepEqual(data, before);
      // Nothing that a publisher would be refused for stays …
      const isClosed = schemaValidator(closed).errors(data).length === 0;
      const text = JSON.stringify(closed);
      // (Of two branches that match, one may take whole what the other one names in part.)
      if (isClosed && !text.includes("anyOf")) assert.deepEqual(left, data);
      else if (JSON.stringify(left).length < JSON.stringify(data).length) taken += 1;
      // … and taking out once more takes out nothing.
      if (validator.errors(left).length === 0) assert.deepEqual(declaredPart(schemaDocument(open), validator)(left), left);
      if (!text.includes("Of")) assert.deepEqual(unknownProperties(closed, left), []);
    }),
    { numRuns: 400, seed: 7 },
  );
  assert.ok(taken > 10, `only ${taken} values had something to take out`);
});
