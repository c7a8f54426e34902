import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { accepts } from "../src/compatibility/json-schema/accepts.ts";
import { readJsonSchema } from "../src/compatibility/json-schema/read-json-schema.ts";
import { checkCompatibility } from "../src/index.ts";
import { sizes } from "../../../e2e/sizes.ts";
import { SchemaMaker } from "./schema-maker.ts";

const pairs = sizes({ test: 3_000, soak: 60_000 });
const valuesEach = 300;

test(`of ${pairs} pairs of schemas none is accepted whose new one refuses a value of the old one`, () => {
  const seed = Number(process.env["THROUGHLINE_SCHEMAS_SEED"] ?? 20_261_126);
  const make = new SchemaMaker(seed);
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });
  const counts = { accepted: 0, refused: 0, refuted: 0 };
  for (let pair = 0; pair < pairs; pair += 1) {
    const old = make.schema();
    const candidate = make.chance(0.7) ? make.changed(old) : make.schema();
    const [byOld, byNew] = [answering(ajv.compile(old)), answering(ajv.compile(candidate))];
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
