import type { Break } from "../break.ts";

const breaker = "packages/core/src/handling/breaker.ts";
const unitTests = ["packages/core/src/handling/breaker.test.ts"];
const outageTests = ["packages/core/test/breaker.test.ts"];
const bound = "packages/core/src/handling/reading-bound.ts";
const boundTests = ["packages/core/test/parking-bound.test.ts"];

/** R6: an outage is no failure of the events, and what is parked is bounded. */
export const breakerBreaks: readonly Break[] = [
  {
    name: "the breaker never opens",
    rule: "R6",
    file: breaker,
    find: "failed * 2 < events",
    replace: "failed < Number.POSITIVE_INFINITY",
    tests: [...unitTests, ...outageTests],
  },
  {
    name: "the breaker opens for failures of few subjects",
    rule: "R6",
    file: breaker,
    find: ".size < leastSubjects) return;",
    replace: ".size < 1) return;",
    tests: unitTests,
  },
  {
    name: "the breaker counts retries",
    rule: "R6",
    file: "packages/core/src/handling/run-tally.ts",
    find: "if (!options.isFirst) return;",
    replace: "",
    tests: [...unitTests, ...outageTests],
  },
  {
    name: "an open breaker spends attempts",
    rule: "R6",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "maybeOutage && breaker.isOpen",
    replace: "false",
    tests: outageTests,
  },
  {
    name: "permanent failures open the breaker",
    rule: "R6",
    file: "packages/core/src/handling/outcome-book.ts",
    find: 'judged.then === "dead" ? judged.reason === "failed" :',
    replace: 'judged.then === "dead" ? true :',
    tests: outageTests,
  },
  {
    name: "an open breaker takes every new event",
    rule: "R6",
    file: "packages/core/src/handling/reading-gate.ts",
    find: "return this.#limits.runs && this.#limits.breaker.isOpen;",
    replace: "return false;",
    tests: outageTests,
  },
  {
    name: "an open breaker retries everything that is due",
    rule: "R6",
    file: "packages/core/src/handling/drain.ts",
    find: '|| breaker.untilTurn("parked") > 0',
    replace: "",
    tests: outageTests,
  },
  {
    name: "the breaker never closes",
    rule: "R6",
    file: breaker,
    find: "this.#succeeded.size < enoughSubjects",
    replace: "this.#succeeded.size < Number.POSITIVE_INFINITY",
    tests: [...unitTests, ...outageTests],
  },
  {
    name: "what is parked has no bound",
    rule: "R6",
    file: bound,
    find: "counted > resumeAt && (wasFull || counted >= most)",
    replace: "false",
    tests: boundTests,
  },
  {
    name: "several partitions pass the bound together",
    rule: "R6",
    file: bound,
    find: "this.#reserved += events;",
    replace: "",
    tests: boundTests,
  },
  {
    name: "a full handler makes the others wait",
    rule: "R6",
    file: "packages/core/src/handling/lane.ts",
    find: "if (grant === null) return;",
    replace: "if (grant === null) return await new Promise(() => undefined);",
    tests: boundTests,
  },
  {
    name: "a handler's hanging retries hold up the others'",
    rule: "R6",
    file: "packages/core/src/handling/drain.ts",
    find: "if (handler !== undefined) this.#busy.set(id, this.#pass(handler, rows, { isFull, signal }));",
    replace: "if (handler !== undefined) await this.#pass(handler, rows, { isFull, signal });",
    tests: ["packages/core/test/failure.test.ts"],
  },
  {
    name: "a slow provider parks the whole topic",
    rule: "R4",
    file: "packages/core/src/handling/handler-guards.ts",
    find: 'if (spec.work.kind === "call") {',
    replace: 'if (false as boolean && spec.work.kind === "call") {',
    tests: boundTests,
  },
];
