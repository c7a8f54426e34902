import type { Break } from "../break.ts";

const jobs = ["packages/control/test/redrives.test.ts"];
const answers = ["packages/control/src/redrive/answer-item.test.ts"];
const edits = ["packages/control/src/redrive/edit/edits.test.ts"];

/** R7 as the control plane's jobs keep it. */
export const redriveJobBreaks: readonly Break[] = [
  {
    name: "a job goes through all of its letters for each receipt",
    rule: "R7",
    file: "packages/control/src/redrive/sqlite/item-rows.ts",
    find: "INDEXED BY job_item_place",
    replace: "NOT INDEXED",
    tests: ["packages/control/test/redrive-many-items.test.ts"],
  },
  {
    name: "a request that is repeated has another id",
    rule: "R7",
    file: "packages/control/src/redrive/request-id.ts",
    find: ".update(`${jobId} ${failureId}`)",
    replace: ".update(`${jobId} ${failureId} ${Math.random()}`)",
    tests: jobs,
  },
  {
    name: "a second refusal of a repeated request counts",
    rule: "R7",
    file: "packages/control/src/redrive/answer-item.ts",
    find: '(state !== "waiting" && state !== "asked")',
    replace: "state === null",
    tests: answers,
  },
  {
    name: "a handler of another service answers a request",
    rule: "R7",
    file: "packages/control/src/redrive/answer-item.ts",
    find: "receipt.service === service &&",
    replace: "receipt.service !== '' &&",
    tests: answers,
  },
  {
    name: "a canary goes on before its stage is answered",
    rule: "R7",
    file: "packages/control/src/redrive/next-step.ts",
    find: "if (countOf(job, underWay) > 0)",
    replace: "if (countOf(job, underWay) > 1_000_000)",
    tests: ["packages/control/src/redrive/next-step.test.ts"],
  },
  {
    name: "a canary goes on after a new failure",
    rule: "R7",
    file: "packages/control/src/redrive/next-step.ts",
    find: "failures - job.forgiven >= job.stopAfterFailures",
    replace: "failures - job.forgiven >= Infinity",
    tests: jobs,
  },
  {
    name: "letters are redriven in the order in which they died",
    rule: "R7",
    file: "packages/control/src/redrive/sqlite/plan-rows.ts",
    find: "ORDER BY service, handler, topic, partition, offset, failure_id LIMIT ?",
    replace: "ORDER BY service, handler, topic, partition, failure_id DESC LIMIT ?",
    tests: jobs,
  },
  {
    name: "two jobs ask for one letter",
    rule: "R7",
    file: "packages/control/src/redrive/sqlite/job-rows.ts",
    find: "if (others === undefined) return;",
    replace: "if (others !== null) return;",
    tests: jobs,
  },
  {
    name: "bulk redrive takes what was asked for already",
    rule: "R7",
    file: "packages/control/src/redrive/make-plan.ts",
    find: 'failure.state === "asked" && !askAgain',
    replace: "failure.state === null && !askAgain",
    tests: jobs,
  },
  {
    name: "a failure that died again stays as it was",
    rule: "R7",
    file: "packages/control/src/index-store/sqlite/failure-rows.ts",
    find: "known.failed_ms >= letter.failedAtMs",
    replace: "known.failed_ms >= 0",
    tests: jobs,
  },
  {
    name: "a standstill is made up for all at once",
    rule: "R7",
    file: "packages/control/src/redrive/pace.ts",
    find: "this.#credit -= count;",
    replace: "this.#credit -= count / 2;",
    tests: ["packages/control/src/redrive/pace.test.ts"],
  },
  {
    name: "a change of a payload rounds its other numbers",
    rule: "R7",
    file: "packages/control/src/redrive/edit/change-json.ts",
    find: "return changes.reduce(changeOne, text);",
    replace: "return changes.reduce(changeOne, JSON.stringify(JSON.parse(text)));",
    tests: edits,
  },
  {
    name: "digits beyond 2^53 are no difference",
    rule: "R7",
    file: "packages/control/src/redrive/edit/json-diff.ts",
    find: ": text(before, a) === text(after, b)",
    replace: ": JSON.parse(text(before, a)) === JSON.parse(text(after, b))",
    tests: edits,
  },
];
