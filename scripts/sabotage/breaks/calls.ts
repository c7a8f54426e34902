import type { Break } from "../break.ts";

const leases = "packages/core/src/handling/call-leases.ts";
const commits = "packages/core/src/handling/call-commits.ts";
const commitTests = ["packages/core/test/call-commits.test.ts"];

/** R4: external handlers. */
export const callBreaks: readonly Break[] = [
  {
    name: "a call under way is made by another instance too",
    rule: "R4",
    file: leases,
    find: "nowMs + leaseMs",
    replace: "nowMs",
    tests: ["packages/core/test/sabotage-gaps.test.ts"],
  },
  {
    name: "a call of unknown outcome is repeated for ever",
    rule: "R4",
    file: "packages/core/src/handling/call-invocation.ts",
    find: "nowMs - open.startedAtMs > keyValidForMs",
    replace: "false",
    tests: ["packages/core/test/calls.test.ts"],
  },
  {
    name: "a lease is not renewed",
    rule: "R4",
    file: leases,
    find: "this.#renew([...this.#held],",
    replace: "this.#renew([],",
    tests: commitTests,
  },
  {
    name: "a call's attempt is not recorded before it",
    rule: "R4",
    file: "packages/core/src/handling/parked-attempts.ts",
    find: "attempts: [...row.attempts, attempt]",
    replace: "attempts: row.attempts",
    tests: commitTests,
  },
  {
    name: "two calls of one subject at once",
    rule: "R4",
    file: leases,
    find: 'if (admission === "stop" || this.#held.has(delivery.parked.id)) return null;',
    replace: 'if (admission === "stop" || this.#held.has(delivery.parked.id)) continue;',
    tests: ["packages/core/test/attack-calls.test.ts"],
  },
  {
    name: "each outcome of a call has a transaction of its own",
    rule: "R4",
    file: commits,
    find: "const batchSize = 200",
    replace: "const batchSize = 1",
    tests: commitTests,
  },
  {
    name: "the first of a batch is blamed for its COMMIT",
    rule: "R4",
    file: commits,
    find: "batch.length === 1",
    replace: "batch.length >= 1",
    tests: commitTests,
  },
  {
    name: "a call that failed late ends another's lease",
    rule: "R4",
    file: commits,
    find: "isCalledElsewhere(row, delivery.parked)",
    replace: "false",
    tests: commitTests,
  },
  {
    name: "the lease of an ended call is kept",
    rule: "R11",
    file: "packages/core/src/handling/calls.ts",
    find: "return this.#leases.release(delivery);",
    replace: "return;",
    tests: commitTests,
  },
];
