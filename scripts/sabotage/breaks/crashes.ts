import type { Break } from "../break.ts";

const laneClaim = "packages/core/src/handling/lane-claim.ts";
const deathTests = ["packages/core/test/deaths.test.ts"];
const loneAttempts = "packages/core/src/handling/lone-attempts.ts";
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
  {
    name: "attempt at a parked event not committed before it runs alone",
    rule: "R6",
    file: loneAttempts,
    find: "const taken = await this.#begin(handler, row);",
    replace: "const taken = row;",
    tests: deathTests,
  },
  {
    name: "parked event not alone in its process",
    rule: "R6",
    file: loneAttempts,
    find: "return this.#scope.gate.alone(async () => {",
    replace: "return this.#scope.gate.shared(async () => {",
    tests: deathTests,
  },
  {
    name: "deaths in a drain not noticed",
    rule: "R6",
    file: "packages/core/src/handling/drain-watch.ts",
    find: "isOver || owner === instance",
    replace: 'isOver && owner === ""',
    tests: deathTests,
  },
  {
    name: "deaths in a call not counted",
    rule: "R6",
    file: "packages/core/src/handling/crash-rules.ts",
    find: "return { deaths: dead.length,",
    replace: "return { deaths: 0,",
    tests: deathTests,
  },
  {
    name: "call that closing ended counts as a death",
    rule: "R6",
    file: "packages/core/src/handling/parked-attempts.ts",
    find: "attempt.life === life ? withoutLife(attempt) : attempt",
    replace: "attempt.life === life ? attempt : attempt",
    tests: deathTests,
  },
  {
    name: "command that kills is run for ever",
    rule: "R6",
    file: "packages/core/src/handling/request-lane.ts",
    find: "const verdict = this.#claim.verdictOn(record);",
    replace: "const verdict: Error | null = null;",
    tests: deathTests,
  },
  {
    name: "no watchdog",
    rule: "R11",
    file: "packages/core/src/service/event-loop-watchdog-thread.ts",
    find: 'process.kill(process.pid, "SIGKILL");',
    replace: "void process;",
    tests: ["packages/core/test/watchdog.int.test.ts"],
  },
];
