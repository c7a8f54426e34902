import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteRegistryStore, Registry, registryApp, type SchemaType } from "../src/index.ts";

const folder = join(import.meta.dirname, "../../../../shared/vectors");
const skip = existsSync(folder) ? false : "the peers' vectors are not beside this repository";

interface Vector {
  readonly id: string;
  readonly schemaType: SchemaType;
  readonly old: unknown;
  readonly new: unknown;
  readonly expect: Readonly<Record<"BACKWARD" | "FORWARD", boolean>>;
}

/** Where a vector is wrong by the words of the specification, and why. In brackets what we say. */
const judgedWrong: Readonly<Record<string, string>> = {
  // "An instance validates successfully against this keyword if its value is equal to the value of the keyword" (const), and `type`
  // asserts by itself: a string is never equal to an array, so neither schema accepts anything, and all that it accepts is accepted.
  "JSON/Const BACKWARD [true]": '{type: "string", const: […]} accepts nothing',
  "JSON/Const FORWARD [true]": '{type: "string", const: […]} accepts nothing',
  // "successfully against at least one schema" (anyOf), and maxLength ignores what is no string: strings satisfy the first branch and
  // all others the second, so both schemas accept everything.
  "JSON/Complex: anyOf 1 FORWARD [true]": "both schemas accept everything",
  // "successfully against exactly one schema" (oneOf): "abcdef" is a string and longer than 5, so the old schema accepts it; in the new
  // one it is a string and no longer than 10, which are two. The other way round the new one accepts less than the old one.
  "JSON/Complex: oneOf 1 BACKWARD [false]": '"abcdef" is refused by the new schema',
  "JSON/Complex: oneOf 1 FORWARD [true]": "what the new schema accepts is what is longer than 10, or no string",
  // The same: "abc" is now accepted by two.
  "JSON/Complex: oneOf 3 BACKWARD [false]": '"abc" is refused by the new schema',
  // Both conditions are the same where `case` is "lower" or "upper", as `properties` has it; elsewhere nothing is accepted.
  "JSON/Conditional: if BACKWARD [true]": "`enum` leaves no value at which the two conditions differ",
  "JSON/Conditional: if FORWARD [true]": "`enum` leaves no value at which the two conditions differ",
};

/** Asks a registry, over its HTTP API, whether a schema may follow another. */
async function newChecker() {
  const registry = new Registry(await openSqliteRegistryStore(":memory:"));
  const app = registryApp(registry);
  let subjects = 0;
  const send = async (method: "POST" | "PUT", url: string, payload: object): Promise<Record<string, unknown>> => {
    const response = await app.inject({ method, url, payload });
    assert.equal(response.statusCode, 200, response.body);
    return JSON.parse(response.body) as Record<string, unknown>;
  };
  return {
    async isCompatible(schemaType: SchemaType, compatibility: string, old: unknown, candidate: unknown): Promise<boolean> {
      const subject = `vector-${(subjects += 1)}`;
      await send("PUT", `/config/${subject}`, { compatibility });
      await send("POST", `/subjects/${subject}/versions`, { schemaType, schema: JSON.stringify(old) });
      const asked = { schemaType, schema: JSON.stringify(candidate) };
      return (await send("POST", `/compatibility/subjects/${subject}/versions`, asked))["is_compatible"] === true;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await app.close();
      await registry.close();
    },
  };
}

describe("Apicurio's vectors", { skip }, () => {
  const vectors = skip === false ? (JSON.parse(readFileSync(join(folder, "compat-apicurio.json"), "utf8")) as Vector[]) : [];

  it("all verdicts are the same, or the vector is wrong", async () => {
    await using checker = await newChecker();
    const others: string[] = [];
    let checks = 0;
    for (const { id, schemaType: type, old, new: candidate, expect } of vectors)
      for (const level of ["BACKWARD", "FORWARD"] as const) {
        checks += 1;
        const isCompatible = await checker.isCompatible(type, level, old, candidate);
        if (isCompatible !== expect[level]) others.push(`${id.replace("apicurio/", "")} ${level} [${isCompatible}]`);
      }
    assert.equal(checks, 298);
    assert.deepEqual([...new Set(others)].toSorted(), Object.keys(judgedWrong).toSorted());
    assert.equal(others.length, 8);
  });
});

describe("Avro's vectors", { skip }, () => {
  it("all 157 verdicts are the same", async () => {
    await using checker = await newChecker();
    const { cases } = JSON.parse(readFileSync(join(folder, "avro-compat-union.json"), "utf8")) as {
      cases: { old: unknown; new: unknown; expect_compatible: boolean }[];
    };
    assert.equal(cases.length, 157);
    for (const { old, new: candidate, expect_compatible } of cases) {
      const isCompatible = await checker.isCompatible("AVRO", "BACKWARD", old, candidate);
      assert.equal(isCompatible, expect_compatible, `${JSON.stringify(old)} read with ${JSON.stringify(candidate)}`);
    }
  });
});
