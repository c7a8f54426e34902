import type { Break } from "../break.ts";

const overlapping = "packages/core/src/handling/overlapping-run.ts";
const setBased = "packages/core/src/handling/set-based-run.ts";
const memoryTx = "packages/core/src/memory/memory-store-tx.ts";
const overlappingTests = ["packages/testing/test/overlapping.test.ts"];
const setBasedTests = ["packages/testing/test/set-based.test.ts"];

/** R4: handlers that overlap, and set-based ones. */
export const modeBreaks: readonly Break[] = [
  {
    name: "events of one subject overlap",
    rule: "R4",
    file: overlapping,
    find: "before === undefined",
    replace: "before !== null",
    tests: overlappingTests,
  },
  {
    name: "overlapping survives a statement that reads, in memory",
    rule: "R4",
    file: memoryTx,
    find: "if (scope.overlap) throw",
    replace: "if (scope.alone) throw",
    tests: overlappingTests,
  },
  {
    name: "overlapping survives a statement that reads, on SQLite",
    rule: "R4",
    file: "packages/sqlite/src/store/scoped-tx.ts",
    find: "prepared.columns().length > 0",
    replace: "prepared.columns().length > 1_000",
    tests: ["packages/sqlite/src/store/sqlite-tx.test.ts"],
  },
  {
    name: "that overlapping ended is forgotten",
    rule: "R4",
    file: "packages/core/src/handling/handler-state.ts",
    find: "!this.row.overlapEnded",
    replace: "true",
    tests: overlappingTests,
  },
  {
    name: "a failure does not rerun what overlapped as shared",
    rule: "R4",
    file: "packages/core/src/handling/batch-policy.ts",
    find: "this.#isShared = true;",
    replace: "",
    tests: overlappingTests,
  },
  {
    name: "what overlapped publishes in the order of its ends",
    rule: "R2",
    file: overlapping,
    find: "return book;",
    replace: "book();\n        return null;",
    tests: overlappingTests,
  },
  {
    name: "a set-based call takes two of a subject",
    rule: "R4",
    file: setBased,
    find: 'manyPerSubject || subject === ""',
    replace: "true || subject",
    tests: setBasedTests,
  },
  {
    name: "a failing set-based call is not halved",
    rule: "R4",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "this.#claimed === 1 ?",
    replace: "true ?",
    tests: setBasedTests,
  },
  {
    name: "a claimed event does not take its place",
    rule: "R5",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "this.#known.add(deliveryKey(delivery));\n    this.#subjects.move(delivery);",
    replace: "this.#known.add(deliveryKey(delivery));",
    tests: setBasedTests,
  },
  {
    name: "a set-based publish takes any cause",
    rule: "R4",
    file: "packages/core/src/handling/batch-invocation.ts",
    find: "members.find((member) => member.event === event)",
    replace: "members.find((member) => event === undefined || member !== undefined)",
    tests: setBasedTests,
  },
  {
    name: "a set-based handler keeps sharing after a statement that outlives its call",
    rule: "R4",
    file: setBased,
    find: "isAlone && before > 0",
    replace: "before > 1_000",
    tests: setBasedTests,
  },
  {
    name: "a client that hides its statements shares transactions",
    rule: "R4",
    file: "packages/core/src/service/handler-spec.ts",
    find: "&& hidesStatements)",
    replace: "&& false)",
    tests: ["packages/core/test/modes.test.ts"],
  },
];
