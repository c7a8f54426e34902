import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { checkCompatibility } from "../src/index.ts";
import { SchemaMaker } from "./schema-maker.ts";

const backward = (old: object, candidate: object) =>
  checkCompatibility({
    type: "JSON",
    level: "BACKWARD",
    candidate: { schema: candidate },
    versions: [{ version: 1, schema: old }],
  }).map(({ kind, path }) => `${kind} ${path}`);

const card = { properties: { kind: { const: "card" }, number: { type: "string" } }, required: ["kind", "number"] };
const bank = { properties: { kind: { const: "bank" }, iban: { type: "string" } }, required: ["kind", "iban"] };
const closed = (keyword: "oneOf" | "anyOf" | "allOf", ...parts: object[]): object => ({
  type: "object",
  [keyword]: parts,
  unevaluatedProperties: false,
});

test("what unevaluatedProperties keeps out cannot break a reader that asks more of it", () => {
  const old = closed("oneOf", card, bank);
  assert.deepEqual(backward(old, { properties: { note: { type: "string" }, kind: {} } }), []);
  assert.deepEqual(backward(old, { additionalProperties: { type: "string" } }), []);
  assert.deepEqual(backward({ ...old, unevaluatedProperties: true }, { properties: { note: { type: "string" } } }), [
    "type_narrowed /note",
  ]);
  // What another branch names is there only where that branch holds.
  assert.deepEqual(backward(old, { properties: { iban: { type: "string", minLength: 0 } } }), []);
  assert.deepEqual(backward(old, { properties: { iban: { type: "integer" } } }), ["type_narrowed /iban"]);
});

test("names that cannot be counted keep nothing out", () => {
  for (const part of [
    { additionalProperties: { type: "integer" } },
    { patternProperties: { "^n": true } },
    { unevaluatedProperties: true },
  ])
    assert.deepEqual(backward(closed("allOf", {}, part), { properties: { note: { type: "string" } } }), ["type_narrowed /note"]);
});

test("of 500 composed and closed schemas none is accepted by a reader that refuses a value of it", () => {
  const make = new SchemaMaker(7);
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });
  const counts = { accepted: 0, refuted: 0 };
  for (let pair = 0; pair < 500; pair += 1) {
    const part = (): object => ({ properties: { a: make.schema(1), b: make.schema(1) } });
    const [first, second] = make.chance(0.5) ? [part(), part()] : [make.schema(1), part()];
    // Ajv takes what patterns of a branch that does not match speak of for evaluated.
    if (JSON.stringify([first, second]).includes("patternProperties")) continue;
    const keyword = (["oneOf", "anyOf", "allOf"] as const)[pair % 3] as "oneOf";
    const old = { ...closed(keyword, first as object, second), ...(make.chance(0.3) ? { if: part(), then: part() } : {}) };
    const candidate = make.chance(0.5)
      ? { [keyword === "oneOf" ? "anyOf" : keyword]: [first, second], properties: { c: make.schema(1) } }
      : make.chance(0.5)
        ? { additionalProperties: make.schema(1) }
        : { properties: { b: make.schema(1), c: false } };
    const [byOld, byNew] = [ajv.compile(old), ajv.compile(candidate)];
    const found = backward(old, candidate);
    if (found.length === 0) counts.accepted += 1;
    for (let n = 0; n < 300; n += 1) {
      const value = make.value();
      if (JSON.stringify(old).includes("contains") && JSON.stringify(value).includes("[]")) continue;
      if (byOld(value) !== true || byNew(value) === true) continue;
      counts.refuted += 1;
      assert.ok(
        found.length > 0,
        `${JSON.stringify(old)} and then ${JSON.stringify(candidate)} refuses ${JSON.stringify(value)}`,
      );
      break;
    }
  }
  assert.ok(counts.accepted > 100 && counts.refuted > 60, JSON.stringify(counts));
});
