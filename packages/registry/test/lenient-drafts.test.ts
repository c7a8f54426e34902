import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineEvent, readData, validateForPublish } from "throughline";
import { sizes } from "../../../e2e/sizes.ts";
import { checkCompatibility } from "../src/index.ts";
import { SchemaMaker } from "./schema-maker.ts";

const drafts = ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"] as const;
const [seven, newest] = drafts;
const [text, number] = [{ type: "string" }, { type: "number" }];

interface Sides {
  readonly old: Record<string, unknown>;
  readonly candidate: Record<string, unknown>;
}

const kinds = ({ old, candidate }: Sides) =>
  checkCompatibility({
    type: "JSON",
    level: "BACKWARD",
    policy: "LENIENT",
    candidate: { schema: candidate },
    versions: [{ version: 1, schema: old }],
  }).map(({ kind }) => kind);

/** Data of an event; `v` is what is compared. */
const data = ($schema: string, v: object | boolean, definitions: object = {}): Record<string, unknown> => ({
  $schema,
  type: "object",
  properties: { id: text, v },
  required: ["id"],
  definitions,
});
const both = (v: object | boolean, definitions: object = {}): Sides => ({
  old: data(seven, v, definitions),
  candidate: data(newest, v, definitions),
});

describe("the lenient policy reads each schema by its own draft", () => {
  const inside = (v: object) => ({ type: "object", properties: { a: text }, ...v });
  for (const [what, sides] of [
    ["what stands beside a reference means nothing in draft-07", both({ $ref: "#/definitions/t", maxLength: 3 }, { t: text })],
    ["minContains is no keyword of draft-07", both({ contains: text, minContains: 2 })],
    ["unevaluatedProperties with a schema is none either", both(inside({ unevaluatedProperties: number }))],
    ["nor is dependentRequired", both(inside({ dependentRequired: { a: ["b"] } }))],
    ["nor prefixItems", both({ prefixItems: [text] })],
  ] as const)
    test(what, () => {
      assert.notDeepEqual(kinds(sides), []);
      for (const schema of [sides.old, sides.candidate]) assert.deepEqual(kinds({ old: schema, candidate: schema }), []);
    });

  test("an object of draft-07 is closed all the same, beside a reference too", () => {
    const definitions = { n: { type: "object", properties: { n: text } } };
    const composed = data(seven, { allOf: [{ $ref: "#/definitions/n" }, { properties: { a: text } }] }, definitions);
    assert.deepEqual(kinds({ old: composed, candidate: data(newest, { properties: { other: number } }) }), []);
  });

  test("and a resource in a document by the draft that it names", () => {
    const part = (draft: string) => ({ $id: "https://a.example/part", $schema: draft, contains: text, minContains: 2 });
    const of = (draft: string) => data(newest, { $ref: "https://a.example/part" }, { part: part(draft) });
    assert.notDeepEqual(kinds({ old: of(seven), candidate: of(newest) }), []);
    assert.deepEqual(kinds({ old: of(newest), candidate: of(seven) }), []);
  });
});

describe("a dialect is read by the vocabularies that its metaschema lists", () => {
  const own = "https://a.example/dialect";
  const vocabulary = (name: string) => `https://json-schema.org/draft/2020-12/vocab/${name}`;
  const metaschema = (...used: string[]) => ({
    $schema: newest,
    $id: own,
    $vocabulary: Object.fromEntries(["core", ...used].map((name) => [vocabulary(name), true])),
    $ref: newest,
  });
  const written = (v: object, ...used: string[]) => ({
    ...data(own, v),
    $defs: { [own]: metaschema("applicator", "validation", ...used) },
  });
  const note = { type: "object", properties: { v: { format: "email" } } };

  test("a format is a note without format-assertion", () => {
    const [noting, asserting] = [written(note, "format-annotation"), written(note, "format-assertion")];
    assert.deepEqual(kinds({ old: noting, candidate: data(newest, note) }), ["format_changed"]);
    assert.deepEqual(kinds({ old: asserting, candidate: data(newest, note) }), []);
    assert.deepEqual(kinds({ old: data(newest, note), candidate: noting }), []);
    const value = { id: "a", v: { v: "no address" } };
    validateForPublish(contract(noting) as Contract, value);
    assert.throws(() => readData(contract(data(newest, note)) as Contract, 1, value), { code: "EVENT_INVALID" });
  });

  test("and what is unevaluated counts only where it says so", () => {
    const closed = { properties: { a: text }, unevaluatedProperties: { type: "number" } };
    assert.notDeepEqual(kinds({ old: written(closed), candidate: data(newest, closed) }), []);
    assert.deepEqual(kinds({ old: written(closed, "unevaluated"), candidate: data(newest, closed) }), []);
  });
});

const pairs = sizes({ test: 600, soak: 20_000 });

test(`of ${pairs} pairs of contracts, draft-07 and 2020-12, none goes with the policy whose reader refuses what is published`, () => {
  const seed = Number(process.env["THROUGHLINE_SCHEMAS_SEED"] ?? 20_261_128);
  const make = new SchemaMaker(seed);
  const counts = { accepted: 0, refuted: 0, contracts: 0 };
  const variant = (schema: ReturnType<SchemaMaker["schema"]>): object | boolean => {
    if (typeof schema === "boolean") return schema;
    const chosen = [0.25, 0.15, 0.1].map((chance) => make.chance(chance));
    return {
      ...schema,
      ...(chosen[0] === true ? { $ref: "#/definitions/part" } : {}),
      ...(chosen[1] === true ? { unevaluatedProperties: make.chance(0.5) ? false : make.schema(1) } : {}),
      ...(chosen[2] === true ? { contains: make.schema(1), minContains: 2 } : {}),
    };
  };
  for (let pair = 0; pair < pairs; pair += 1) {
    const [from, to] = [make, make].map((each) => drafts[each.chance(0.5) ? 0 : 1]);
    const written = make.schema();
    const [part, shape] = [make.schema(1), variant(written)];
    const changed = make.chance(0.2) || typeof shape === "boolean" ? shape : make.changed(shape as Record<string, unknown>);
    const old = data(from as string, shape, { part });
    const candidate = data(to as string, changed, { part: make.chance(0.7) ? part : make.changed(part) });
    const [publisher, reader] = [contract(old), contract(candidate)];
    if (publisher === null || reader === null) continue;
    counts.contracts += 1;
    const found = kinds({ old, candidate });
    if (found.length === 0) counts.accepted += 1;
    for (let n = 0; n < 80; n += 1) {
      const value = { id: "a", v: make.value() };
      if (!passes(() => validateForPublish(publisher, value)) || passes(() => readData(reader, 1, value))) continue;
      counts.refuted += 1;
      assert.ok(
        found.length > 0,
        `${JSON.stringify(old)} and then ${JSON.stringify(candidate)} refuses ${JSON.stringify(value)}; seed ${seed}`,
      );
      break;
    }
  }
  console.log(JSON.stringify(counts));
  assert.ok(counts.contracts > 0.8 * pairs);
  assert.ok(counts.accepted > counts.contracts / 6 && counts.refuted > counts.contracts / 8);
});

type Contract = NonNullable<ReturnType<typeof contract>>;

/** Null for what is no contract: a schema that its draft refuses. */
function contract(schema: Record<string, unknown>) {
  try {
    return defineEvent<"order.created", { id: string }>("order.created", { version: 1, subject: "id", data: schema });
  } catch {
    return null;
  }
}

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "EVENT_INVALID");
    return false;
  }
}
