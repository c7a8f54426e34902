import type { Break } from "../break.ts";

const evaluation = "packages/core/src/contract/evaluation";
const tests = [`${evaluation}/evaluator.test.ts`];

/** R1: what a schema refuses is refused at publish. */
export const schemaBreaks: readonly Break[] = [
  {
    name: "every schema is left to Ajv",
    rule: "R1",
    file: `${evaluation}/suits-ajv.ts`,
    find: "if (!suits(schema, dialect)) return false;",
    replace: "if (!suits(schema, dialect)) return true;",
    tests,
  },
  {
    name: "what an object inherits counts as its own",
    rule: "R1",
    file: "packages/core/src/contract/schema-validator.ts",
    find: "(isPlain ? code",
    replace: "(value !== undefined ? code",
    tests,
  },
  {
    name: "formats beyond ASCII are not checked",
    rule: "R1",
    file: `${evaluation}/formats.ts`,
    find: "iri: (text: string) => ascii.uri(text.replace(beyondAscii, encodeURIComponent))",
    replace: 'iri: (text: string) => text !== ""',
    tests,
  },
  {
    name: "a property that is undefined counts as one that is there",
    rule: "R1",
    file: `${evaluation}/plain-data.ts`,
    find: "each === undefined || ",
    replace: "",
    tests: ["packages/core/src/contract/contract-data.test.ts"],
  },
  {
    name: "data is written as something else than what was checked",
    rule: "R1",
    file: "packages/core/src/contract/contract-data.ts",
    find: "unwritten.length > 0",
    replace: "unwritten.length < 0",
    tests: ["packages/core/src/contract/contract-data.test.ts"],
  },
  {
    name: "a hidden property is published as if it was written",
    rule: "R1",
    file: "packages/core/src/contract/unwritten-data.ts",
    find: "property.enumerable !== true || ",
    replace: "",
    tests: ["packages/core/src/contract/contract-data.test.ts"],
  },
  {
    name: "data that two branches of a oneOf match is published where only one of them is closed to it",
    rule: "R1",
    file: "packages/core/src/contract/contract-data.ts",
    find: "if (written !== undefined && problems.length === 0)",
    replace: "if (written === null)",
    tests: ["packages/core/src/contract/exclusive-branches.test.ts"],
  },
  {
    name: "what a failed alternative has looked at counts as evaluated",
    rule: "R1",
    file: `${evaluation}/branch-keywords.ts`,
    find: "if (passed && own !== null) seen?.add(own);\n  return passed",
    replace: "if (own !== null) seen?.add(own);\n  return passed",
    tests,
  },
  {
    name: "a dynamic reference leads to the nearest of its name",
    rule: "R1",
    file: `${evaluation}/evaluator.ts`,
    find: "if (schema !== undefined) found = this",
    replace: "if (schema !== undefined && found === node) found = this",
    tests,
  },
  {
    name: "a schema is made into checks for each event",
    rule: "R1",
    file: `${evaluation}/evaluator.ts`,
    find: "if (this.#checks === null) this.make();",
    replace: "this.make();",
    tests,
  },
  {
    name: "a schema that never goes into its value is taken",
    rule: "R12",
    file: "packages/core/src/contract/schema-problems.ts",
    find: "return [...bySchema.values(), ...dangling, ...endless];",
    replace: "return [...bySchema.values(), ...dangling];",
    tests: ["packages/core/src/contract/bundled-schema.test.ts"],
  },
];
