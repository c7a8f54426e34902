import type { Break } from "../break.ts";

const failure = "packages/core/src/handling/failure.ts";
const failureTests = ["packages/core/test/failure.test.ts"];
const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];

/** R6: failure stays local. */
export const failureBreaks: readonly Break[] = [
  {
    name: "retries unbounded",
    rule: "R6",
    file: failure,
    find: "delaysMs[attempts - 1]",
    replace: "delaysMs[0]",
    tests: failureTests,
  },
  {
    name: "a permanent error is retried",
    rule: "R6",
    file: failure,
    find: "if (isPermanent(error))",
    replace: "if (false)",
    tests: failureTests,
  },
  {
    name: "RetryLater spends an attempt",
    rule: "R6",
    file: failure,
    find: "countsAsAttempt: false",
    replace: "countsAsAttempt: true",
    tests: gapTests,
  },
  {
    name: "followers of a dead letter not held",
    rule: "R6",
    file: "packages/core/src/service/handler-spec.ts",
    find: '(order === "sequential" ? "hold" : "continue")',
    replace: '"continue"',
    tests: failureTests,
  },
  {
    name: "dead letter with re-encoded bytes",
    rule: "R6",
    file: "packages/core/src/system-topics/dead-letter.ts",
    find: "value: original.value,",
    replace: "value: original.value && Buffer.from(JSON.stringify(JSON.parse(Buffer.from(original.value).toString()))),",
    tests: gapTests,
  },
  {
    name: "a handler that hangs is waited for",
    rule: "R6",
    file: "packages/core/src/handling/run-deadlines.ts",
    find: "this.onEnd?.(reason);",
    replace: "void this.onEnd;",
    tests: failureTests,
  },
];
