import type { Break } from "../break.ts";

const limit = "packages/core/src/handling/handler-limit.ts";
const controls = "packages/core/src/handling/handler-controls.ts";
const tests = ["packages/core/test/controls.test.ts"];

/** R16: on call can stop things. */
export const controlBreaks: readonly Break[] = [
  {
    name: "pause forgotten at restart",
    rule: "R16",
    file: "packages/core/src/service/running-service.ts",
    find: "rules at start.\n    await this.#controls.load();",
    replace: "",
    tests,
  },
  {
    name: "what is over by the clock still stands",
    rule: "R16",
    file: controls,
    find: "return untilMs === null || untilMs > nowMs;",
    replace: "return untilMs !== undefined && nowMs > 0;",
    tests,
  },
  {
    name: "paused retries go on",
    rule: "R16",
    file: "packages/core/src/handling/drain.ts",
    find: "return controls.pausedAt(this.#scope.surroundings.clock.now()) !== null;",
    replace: "return controls.pausedAt(this.#scope.surroundings.clock.now()) === undefined;",
    tests,
  },
  {
    name: "paused calls go on",
    rule: "R16",
    file: "packages/core/src/handling/calls.ts",
    find: "controls.pausedAt(nowMs) !== null",
    replace: "false",
    tests,
  },
  {
    name: "limit not kept",
    rule: "R16",
    file: limit,
    find: "await waitFor(surroundings, Math.max(0, atMs - surroundings.clock.now()), signal);",
    replace: "void [waitFor, signal, atMs];",
    tests,
  },
  {
    name: "limit of each instance by itself",
    rule: "R16",
    file: limit,
    find: "unit.controls.spend(this.row.id, costMs, nowMs)",
    replace: "Promise.resolve(unit && nowMs + costMs)",
    tests,
  },
  {
    name: "a held event spends an attempt",
    rule: "R16",
    file: "packages/core/src/handling/outcome-book.ts",
    find: '{ ...row, state: "waiting", reason, dueAtMs, logDueMs: null }',
    replace:
      '{ ...row, attempts: [...row.attempts, ...row.attempts.slice(-1)], state: "waiting", reason, dueAtMs, logDueMs: null }',
    tests,
  },
  {
    name: "a held event is tried again and again",
    rule: "R16",
    file: "packages/core/src/handling/parked-time.ts",
    find: 'head.reason !== "held"',
    replace: "true",
    tests,
  },
  {
    name: "a hold that ended elsewhere is remembered by its events",
    rule: "R16",
    file: "packages/core/src/operations/service-controls.ts",
    find: 'this.#didHoldEnd ||= row.kind === "hold";',
    replace: "",
    tests,
  },
  {
    name: "after an accepted loss, subjects wait for numbers that are gone",
    rule: "R3",
    file: "packages/core/src/operations/accept-loss.ts",
    find: "if (given.length > 0) await unit.positions.reopen(run, topic.name);",
    replace: "",
    tests: ["packages/core/test/accept-loss.test.ts"],
  },
];
