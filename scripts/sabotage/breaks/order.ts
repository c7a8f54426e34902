import type { Break } from "../break.ts";

const decision = "packages/core/src/handling/order-decision.ts";
const orderTests = ["packages/core/test/order.test.ts"];
const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];

/** R5: order is a policy of the handler. */
export const orderBreaks: readonly Break[] = [
  {
    name: "position does not move for unhandled types",
    rule: "R5",
    file: decision,
    find: '? "run" : "pass"',
    replace: '? "run" : "ignore"',
    tests: orderTests,
  },
  {
    name: "sequential runs an event that came too early",
    rule: "R5",
    file: decision,
    find: "sequence === position.sequence + 1",
    replace: "sequence > position.sequence",
    tests: orderTests,
  },
  {
    name: "latest applies what is older",
    rule: "R5",
    file: decision,
    find: "if (!isNewer)",
    replace: "if (false)",
    tests: orderTests,
  },
  {
    name: "a conflict is silently stale",
    rule: "R5",
    file: decision,
    find: 'idMayBeUnknown ? "stale" : "conflict-unless-lost"',
    replace: '"stale"',
    tests: orderTests,
  },
  {
    name: "gap deadline on the wall clock",
    rule: "R5",
    file: "packages/core/src/handling/log-time.ts",
    find: "isAtEnd ? nowMs : cursor.logTimeMs",
    replace: "nowMs",
    tests: gapTests,
  },
  {
    name: "the first number held is the baseline, not the lowest",
    rule: "R5",
    file: "packages/core/src/handling/parked-answers.ts",
    find: "const lowest = Math.min(row.sequence,",
    replace: "const lowest = Math.max(row.sequence,",
    tests: gapTests,
  },
  {
    name: "drain without the lock",
    rule: "R5",
    file: "packages/core/src/handling/subject-states.ts",
    find: "await unit.positions.lock(run, stream, [...subjects, ...ids], { wait: true })",
    replace: "new Set([...subjects, ...ids])",
    tests: gapTests,
  },
  {
    name: "what was handled is looked up before the subject is locked",
    rule: "R5",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "    const ordered = deliveries.filter((delivery) => this.#subjects.isOrdered(delivery));",
    replace:
      "    await this.#findKnown(deliveries);\n    deliveries = [...deliveries];\n    const ordered = deliveries.splice(0).filter((delivery) => this.#subjects.isOrdered(delivery));",
    tests: ["packages/core/test/attack-twins.test.ts"],
  },
];
