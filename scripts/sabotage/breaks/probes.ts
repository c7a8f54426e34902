import type { Break } from "../break.ts";

const running = "packages/core/src/service/running-service.ts";
const tests = ["packages/core/test/probes.test.ts"];

/** R17: health tells the truth. */
export const probeBreaks: readonly Break[] = [
  {
    name: "readyz says yes while the store is away",
    rule: "R17",
    file: running,
    find: "this.#consumer.isAssigned() && store === null",
    replace: "this.#consumer.isAssigned()",
    tests,
  },
  {
    name: "livez says yes while a loop stands still",
    rule: "R17",
    file: running,
    find: "live: this.#closed === null && problems.length === 0",
    replace: "live: this.#closed === null",
    tests,
  },
  {
    name: "livez waits for what rests",
    rule: "R17",
    file: "packages/core/src/metrics/loop-watch.ts",
    find: "this.#busy.delete(this);",
    replace: "",
    tests: ["packages/core/src/metrics/loop-watch.test.ts"],
  },
  {
    name: "a pause makes a service unready",
    rule: "R17",
    file: running,
    find: "ready: this.#closed === null &&",
    replace: "ready: this.#closed === null && this.#controls.sentences().length === 0 &&",
    tests,
  },
  {
    name: "dead letters are not counted",
    rule: "R17",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "writes.tally.dead++;",
    replace: "",
    tests,
  },
];
