import type { Break } from "../break.ts";

const laneClaim = "packages/core/src/handling/lane-claim.ts";
const deathTests = ["packages/core/test/deaths.test.ts"];
const claimTests = ["packages/core/src/handling/lane-claim.test.ts"];

/** R6: an event that kills or hangs the process is an event that failed. */
export const crashBreaks: readonly Break[] = [
  {
    name: "deaths of a partition's owners not counted",
    rule: "R6",
    file: laneClaim,
    find: "before.deaths + Number(hasDied)",
    replace: "0",
    tests: deathTests,
  },
  {
    name: "event not noted before it runs alone",
    rule: "R6",
    file: laneClaim,
    find: "await this.#note({ offset: record.offset, deaths, isRunning: true });",
    replace: "",
    tests: deathTests,
  },
  {
    name: "suspected event not alone in its process",
    rule: "R6",
    file: laneClaim,
    find: "return scope.gate.alone(async () => {",
    replace: "return scope.gate.shared(async () => {",
    tests: deathTests,
  },
  {
    name: "event that failed stays noted",
    rule: "R6",
    file: laneClaim,
    find: "await untilStored(scope, () => this.#note({ offset: record.offset, deaths, isRunning: false }));",
    replace: "",
    tests: claimTests,
  },
  {
    name: "clean stop counts as a death",
    rule: "R6",
    file: laneClaim,
    find: "await this.#save((claim) => ({ ...claim, owner: null }));",
    replace: "",
    tests: claimTests,
  },
];
