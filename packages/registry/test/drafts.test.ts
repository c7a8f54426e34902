import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CompatibilityPolicy, checkCompatibility } from "../src/index.ts";

const kinds = (old: object, candidate: object, policy: CompatibilityPolicy = "STRICT") =>
  checkCompatibility({
    type: "JSON",
    level: "BACKWARD",
    policy,
    candidate: { schema: candidate },
    versions: [{ version: 1, schema: old }],
  }).map(({ kind }) => kind);

const [text, number] = [{ type: "string" }, { type: "number" }];
const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
const draft = (of: 4 | 6 | 7 | 2019 | 2020, schema: object) => ({
  $schema:
    of < 2019
      ? `http://json-schema.org/draft-0${of}/schema#`
      : `https://json-schema.org/draft/${of}-${of === 2019 ? "09" : "12"}/schema`,
  ...schema,
});

describe("a name or a value is never taken for an annotation", () => {
  const annotations = ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"];
  for (const name of annotations)
    for (const policy of ["STRICT", "LENIENT"] as const)
      test(`${name}, ${policy}`, () => {
        const each: [old: object, candidate: object][] = [
          [object({ [name]: text }, { required: [name] }), object({ [name]: number }, { required: [name] })],
          [{ patternProperties: { [name]: text } }, { patternProperties: { [name]: number } }],
          [
            object({ a: {}, [name]: {} }, { dependentRequired: { [name]: [] } }),
            object({ a: {}, [name]: {} }, { dependentRequired: { [name]: ["a"] } }),
          ],
          [{ contains: { const: { [name]: 1 } } }, { contains: { const: { [name]: 2 } } }],
          [{ not: { enum: [{ [name]: 1 }] } }, { not: { enum: [{ [name]: 2 }] } }],
        ];
        for (const [old, candidate] of each) {
          assert.notDeepEqual(kinds({ items: old }, { items: candidate }, policy), [], JSON.stringify(old));
          assert.deepEqual(kinds({ items: old }, { items: { ...old, [name]: "said" } }, policy), []);
        }
      });
});

test("a schema that holds schemas refers to its draft's own, of which nothing is concluded", () => {
  const held = (by: string, more: object = {}) => object({ a: { $ref: by }, ...more });
  const [newest, seven] = ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"];
  for (const policy of ["STRICT", "LENIENT"] as const) {
    assert.deepEqual(kinds(held(newest), held(newest, { b: text }), policy), policy === "STRICT" ? ["type_narrowed"] : []);
    assert.deepEqual(kinds(held(newest), held(seven), policy), ["not_understood"]);
    assert.deepEqual(kinds(object({ a: { type: "object" } }), held(newest), policy), ["not_understood"]);
    assert.deepEqual(kinds(held(newest), object({}), policy), []);
  }
});

describe("what a dynamic reference finds is compared", () => {
  const list = (of: object) =>
    draft(2020, { $defs: { node: { $dynamicAnchor: "node", ...of } }, items: { $dynamicRef: "#node" } });
  test("where it can be one schema only", () => {
    assert.deepEqual(kinds(list(text), list(number)), ["type_narrowed"]);
    assert.deepEqual(kinds(list(text), list({ type: ["string", "null"] })), []);
    const tree = (of: object) => draft(2019, { $recursiveAnchor: true, ...object({ a: of, next: { $recursiveRef: "#" } }) });
    assert.deepEqual(kinds(tree(text), tree(text)), []);
    assert.notDeepEqual(kinds(tree(text), tree(number)), []);
  });

  test("and where it may be several, the same words are not the same", () => {
    const several = {
      ...list(text),
      $id: "https://a.example/list",
      properties: { a: { $id: "b", $dynamicAnchor: "node", ...number } },
    };
    assert.deepEqual(kinds(several, several), ["not_understood"]);
  });
});

describe("the same words are read by the draft of each schema", () => {
  const inside = (schema: object) => object({ a: schema });
  const cases: [what: string, old: object, candidate: object][] = [
    [
      "beside a reference",
      draft(7, { definitions: { t: text }, ...inside({ $ref: "#/definitions/t", maxLength: 3 }) }),
      draft(2020, { definitions: { t: text }, ...inside({ $ref: "#/definitions/t", maxLength: 3 }) }),
    ],
    ...(
      [
        ["if", 6, 7, { if: text, then: { maxLength: 3 } }],
        ["minContains", 7, 2020, { contains: text, minContains: 2 }],
        ["unevaluatedProperties", 7, 2020, object({ b: text }, { unevaluatedProperties: false })],
        ["dependentRequired", 7, 2019, { dependentRequired: { a: ["b"] } }],
        ["prefixItems", 2019, 2020, { prefixItems: [text] }],
        ["const", 4, 6, { const: 1 }],
        ["contains", 4, 6, { contains: text }],
        ["propertyNames", 4, 6, { propertyNames: { maxLength: 3 } }],
      ] as const
    ).map(([what, from, to, schema]): [string, object, object] => [what, draft(from, inside(schema)), draft(to, inside(schema))]),
    ["dependentRequired as a fact", draft(7, { dependentRequired: { a: ["b"] } }), draft(7, { dependencies: { a: ["b"] } })],
    ["prefixItems as a fact", draft(7, { prefixItems: [text] }), draft(7, { items: [text] })],
    ["dependencies as a fact", draft(2020, { dependencies: { a: ["b"] } }), draft(2020, { dependentRequired: { a: ["b"] } })],
  ];
  for (const [what, old, candidate] of cases)
    test(what, () => {
      assert.notDeepEqual(kinds(old, candidate), []);
      assert.deepEqual(kinds(candidate, candidate), []);
      assert.deepEqual(kinds(old, old), []);
    });
});
