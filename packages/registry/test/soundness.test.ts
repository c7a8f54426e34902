import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { accepts } from "../src/compatibility/json-schema/accepts.ts";
import { readJsonSchema } from "../src/compatibility/json-schema/read-json-schema.ts";
import { checkCompatibility } from "../src/index.ts";
import { sizes } from "../../../e2e/sizes.ts";
import { type Draft, SchemaMaker } from "./schema-maker.ts";

const pairs = sizes({ test: 3_000, soak: 60_000 });
const valuesEach = 300;

test(`of ${pairs} pairs of schemas none is accepted whose new one refuses a value of the old one`, () => {
  const seed = Number(process.env["THROUGHLINE_SCHEMAS_SEED"] ?? 20_261_126);
  const make = new SchemaMaker(seed);
  const options = { strict: false, logger: false, validateSchema: false } as const;
  const ajv = { 7: new Ajv(options), 2019: new Ajv2019(options), 2020: new Ajv2020(options) };
  const counts = { accepted: 0, refused: 0, refuted: 0 };
  for (let pair = 0; pair < pairs; pair += 1) {
    const written = make.schema();
    const [draft, next] = make.chance(0.3) ? [make.draft(), make.draft()] : ([2020, 2020] as const);
    const part = make.schema(1);
    const isWrapped = make.chance(0.2);
    const inDraft = (schema: typeof written, of: Draft, inside: typeof written) =>
      isWrapped || of !== 2020 ? make.inDraft(schema, of, isWrapped ? inside : true) : schema;
    const old = inDraft(written, draft, part);
    const changed =
      (isWrapped || draft !== next) && make.chance(0.4) ? written : make.chance(0.7) ? make.changed(written) : make.schema();
    const candidate = inDraft(changed, next, make.chance(0.3) ? part : make.changed(part));
    const [byOld, byNew] = [answering(ajv[draft].compile(asRef(old))), answering(ajv[next].compile(asRef(candidate)))];
    const found = checkCompatibility({
      type: "JSON",
      level: "BACKWARD",
      candidate: { schema: candidate },
      versions: [{ version: 1, schema: old }],
    });
    const node = readJsonSchema(old);
    let counterexample: { readonly value: unknown } | null = null;
    for (let n = 0; n < valuesEach && counterexample === null; n += 1) {
      const value = make.value();
      // Ajv lets some empty arrays through `contains`, which ask for one item at least.
      if (JSON.stringify(old).includes("contains") && JSON.stringify(value).includes("[]")) continue;
      const isOfOld = byOld(value);
      if (isOfOld === null) continue;
      assert.equal(accepts(node, value) ?? isOfOld, isOfOld, `${JSON.stringify(old)} and ${JSON.stringify(value)}; seed ${seed}`);
      if (isOfOld && byNew(value) === false) counterexample = { value };
    }
    if (found.length === 0) counts.accepted += 1;
    else counts.refused += 1;
    if (counterexample === null) continue;
    counts.refuted += 1;
    const pairInWords = `${JSON.stringify(old)} and then ${JSON.stringify(candidate)}`;
    assert.ok(found.length > 0, `${pairInWords} refuses ${JSON.stringify(counterexample.value)}; seed ${seed}`);
  }
  console.log(JSON.stringify(counts));
  // Both happen often, and most of what is refused is refused with reason.
  assert.ok(counts.accepted > pairs / 4 && counts.refused > pairs / 4);
  assert.ok(counts.refuted > 0.9 * counts.refused);
});

/** Ajv takes the whole schema for what a dynamic reference finds; here one schema alone has the name. */
function asRef<Schema>(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$dynamicRef"', '"$ref"')) as Schema;
}

/** Null where Ajv throws: the code that it makes to remember what was evaluated fails for some schemas. */
function answering(check: (value: unknown) => unknown): (value: unknown) => boolean | null {
  return (value) => {
    try {
      return check(value) === true;
    } catch {
      return null;
    }
  };
}
