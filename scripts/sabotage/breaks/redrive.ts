import type { Break } from "../break.ts";

const requests = "packages/core/src/redrive/redrive-requests.ts";
const failureTests = ["packages/core/test/failure.test.ts"];
const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];

/** R7: redrive hits one consumer. */
export const redriveBreaks: readonly Break[] = [
  {
    name: "redrive hits everyone",
    rule: "R7",
    file: "packages/core/src/system-topics/redrive-request.ts",
    find: "const { original } = request;",
    replace: "const { original } = request;\nif (request) return original;",
    tests: gapTests,
  },
  {
    name: "redrive hits another handler",
    rule: "R7",
    file: requests,
    find: "spec.name === request.handler ||",
    replace: "true ||",
    tests: gapTests,
  },
  {
    name: "redrive ignores the state",
    rule: "R7",
    file: requests,
    find: 'locked.state === "dead"',
    replace: "true",
    tests: gapTests,
  },
  {
    name: "redrive of an answered failure is accepted",
    rule: "R7",
    file: requests,
    find: "if (known || ",
    replace: "if (",
    tests: failureTests,
  },
  {
    name: "edited payload not checked",
    rule: "R7",
    file: requests,
    find: "      readData(",
    replace: "      void Array.of(",
    tests: failureTests,
  },
  {
    name: "that a redriven letter was applied in no audit",
    rule: "R7",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "if (wasLetter(row)) writes",
    replace: 'if (row.reason === "gap") writes',
    tests: failureTests,
  },
  {
    name: "a discarded letter brought back to life by a rebuilt index",
    rule: "R7",
    file: requests,
    find: 'if (outcome === "discarded") return',
    replace: 'if (outcome === "discarded" && handler === "") return',
    tests: ["packages/control/src/indexing/indexer.test.ts"],
  },
  {
    name: "the audit's word on a letter not heard once its receipts are gone",
    rule: "R9",
    file: "packages/control/src/index-store/failure-state.ts",
    find: "answer ??= audited.answer?.outcome ?? null;",
    replace: "",
    tests: ["packages/control/src/indexing/indexer.test.ts"],
  },
  {
    name: "a redriven record keeps the headers of its letter",
    rule: "R7",
    file: "packages/core/src/system-topics/dead-letter.ts",
    find: "...plainRecord(record)",
    replace: "...record",
    tests: ["packages/core/src/system-topics/record-of-a-log.test.ts"],
  },
];
