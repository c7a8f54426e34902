import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bundledSchema } from "../src/contract/bundled-schema.ts";
import { Evaluator } from "../src/contract/evaluation/evaluator.ts";
import { suitsAjv } from "../src/contract/evaluation/suits-ajv.ts";
import type { EventContract } from "../src/contract/event-contract.ts";
import type { JsonSchema } from "../src/contract/json-schema.ts";
import { defineEvent, type Problem, readData, validateForPublish } from "../src/contract/index.ts";
import { isThroughlineError } from "../src/errors/index.ts";
import { officialSuite, type SuiteGroup } from "./schema-suite/official-suite.ts";

/**
 * What is driven: a contract that `defineEvent` made of each schema of the official suite, and `validateForPublish` and `readData`,
 * which are all that a publish and a handler ask about data. The schema of the suite is given as a document of its own (`schemas`),
 * with those that the suite serves at http://localhost:1234/, and the data of the test stands in a property that refers to it:
 * `{ id, value }`; and once more for the whole of the data, where that takes the other way, through Ajv.
 *
 * A contract closes objects whose properties are named, of which the suite knows nothing. So the verdicts are those of the same
 * contract before it was closed; and what is closed and what readers get must stand in the right relation to them.
 */
const suite = await officialSuite();
const skip = typeof suite === "string" ? suite : false;

const drafts = [
  ["draft7", "http://json-schema.org/draft-07/schema#"],
  ["draft2020-12", "https://json-schema.org/draft/2020-12/schema"],
] as const;
/** By its own rules a format says nothing: the specification lets a dialect choose, and the house's default is that formats are checked. */
const annotating = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://suite.example/formats-are-annotations",
  $vocabulary: Object.fromEntries(
    ["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"].map((name) => [
      `https://json-schema.org/draft/2020-12/vocab/${name}`,
      true,
    ]),
  ),
  $dynamicAnchor: "meta",
  $ref: "https://json-schema.org/draft/2020-12/schema",
};
const caseUri = "https://suite.example/case";

interface Contracts {
  /** As `defineEvent` made it. */
  readonly closed: EventContract;
  /** With its schema as it was given. */
  readonly asGiven: EventContract;
  /** With the suite's schema for the whole of its data, so that most are compiled by Ajv. */
  readonly alone: EventContract;
}

function contractsOf(
  $schema: string,
  schema: JsonSchema | boolean,
  remotes: Readonly<Record<string, JsonSchema | boolean>>,
): Contracts {
  const data = {
    $schema,
    type: "object",
    properties: { id: { type: "string" }, value: { $ref: caseUri } },
    required: ["id", "value"],
    additionalProperties: false,
  };
  const schemas = { ...remotes, [caseUri]: schema };
  const closed: EventContract = defineEvent("suite.case", {
    version: 1,
    subject: "id",
    data: data as JsonSchema,
    schemas,
  } as never);
  const whole = { $schema, ...(typeof schema === "boolean" ? { allOf: [schema] } : schema) };
  return {
    closed,
    asGiven: { ...closed, schema: bundledSchema(data, schemas) },
    alone: { ...closed, schema: bundledSchema(whole, remotes) },
  };
}

function problemsIn(check: () => unknown): readonly Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!isThroughlineError(error, "EVENT_INVALID")) throw error;
    return error.details["problems"] as readonly Problem[];
  }
}

const isFormat = ({ message }: Problem): boolean => message.startsWith("must be a valid ");

for (const [draft, $schema] of drafts) {
  describe(`the required tests of ${draft}`, { skip }, () => {
    if (typeof suite === "string") return;
    const groups = suite.groups(draft);
    const total = groups.reduce((sum, { tests }) => sum + tests.length, 0);
    const each = function* (): Generator<{
      name: string;
      group: SuiteGroup;
      contracts: Contracts;
      test: SuiteGroup["tests"][number];
    }> {
      for (const group of groups) {
        const contracts = contractsOf($schema, group.schema, suite.remotes);
        for (const one of group.tests)
          yield { name: `${group.file}: ${group.description}: ${one.description}`, group, contracts, test: one };
      }
    };

    test("each is accepted or refused at publish as it says, but that formats are checked", () => {
      const wrong: string[] = [];
      const byFormat = new Set<string>();
      let right = 0;
      let compiled = 0;
      for (const { name, group, contracts, test: one } of each()) {
        if (suitsAjv(contracts.alone.schema)) compiled++;
        const verdicts = [
          problemsIn(() => validateForPublish(contracts.asGiven, { id: "1", value: one.data })),
          problemsIn(() => validateForPublish(contracts.alone, one.data)),
        ];
        if (verdicts.every((problems) => (problems.length === 0) === one.valid)) right++;
        else if (group.file === "format.json" && one.valid && verdicts.flat().every(isFormat)) byFormat.add(name);
        else wrong.push(`${name}: must be ${one.valid ? "accepted" : "refused"}, ${JSON.stringify(verdicts)}`);
      }
      console.log(JSON.stringify({ draft, total, right, byFormat: byFormat.size, compiled }));
      assert.deepEqual(wrong, []);
      assert.equal(right, total - byFormat.size);
      assert.equal(byFormat.size, draft === "draft7" ? 0 : 17);
    });

    if (draft === "draft2020-12")
      test("where its dialect says that formats are annotations, all are right", () => {
        const formats = groups.filter(({ file }) => file === "format.json");
        const schemas = { ...suite.remotes, [annotating.$id]: annotating };
        let right = 0;
        for (const { schema, tests } of formats) {
          const { alone } = contractsOf(annotating.$id, { ...(schema as JsonSchema), $schema: annotating.$id }, schemas);
          for (const { data, valid } of tests)
            if ((problemsIn(() => validateForPublish(alone, data)).length === 0) === valid) right++;
        }
        assert.equal(
          right,
          formats.reduce((sum, { tests }) => sum + tests.length, 0),
        );
      });

    test("what is closed takes nothing that the schema refuses, and refuses besides only what the contract does not name", () => {
      const accepted: string[] = [];
      const refused: string[] = [];
      for (const { name, contracts, test: one } of each()) {
        const event = { id: "1", value: one.data };
        const problems = problemsIn(() => validateForPublish(contracts.closed, event));
        if (problems.length === 0 && !one.valid) accepted.push(name);
        if (problems.length > 0 && one.valid && !problems.some(isOfClosing)) refused.push(`${name}: ${JSON.stringify(problems)}`);
      }
      assert.deepEqual({ accepted, refused }, { accepted: [], refused: [] });
    });

    test("readers take what publishers may send, closed or not", () => {
      const refused: string[] = [];
      for (const { name, contracts, test: one } of each())
        for (const contract of [contracts.closed, contracts.asGiven]) {
          const event = { id: "1", value: one.data };
          if (problemsIn(() => validateForPublish(contract, event)).length > 0) continue;
          if (problemsIn(() => readData(contract, 1, event)).length > 0) refused.push(name);
        }
      assert.deepEqual(refused, []);
    });

    test("the evaluator says the same of those that Ajv is trusted with", () => {
      const wrong: string[] = [];
      let trusted = 0;
      for (const { name, contracts, test: one } of each()) {
        if (!suitsAjv(contracts.alone.schema)) continue;
        trusted++;
        const byAjv = problemsIn(() => validateForPublish(contracts.alone, one.data)).length === 0;
        if ((new Evaluator(contracts.alone.schema).errors(one.data).length === 0) !== byAjv) wrong.push(name);
      }
      assert.deepEqual(wrong, []);
      assert.ok(trusted > total / 3, `${trusted} of ${total}`);
    });
  });
}

const isOfClosing = ({ message }: Problem): boolean =>
  isFormat({ message, pointer: "" }) || /not in the contract|alternatives/.test(message);
