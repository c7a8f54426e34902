import type { Break } from "../break.ts";

const lane = "packages/core/src/handling/lane.ts";
const progress = "packages/core/src/memory/memory-store-progress.ts";
const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];
const failureTests = ["packages/core/test/failure.test.ts"];
const storeTests = ["packages/testing/test/memory-store.conformance.test.ts"];

/** R3: effects happen once. */
export const effectsOnceBreaks: readonly Break[] = [
  {
    name: "no inbox",
    rule: "R3",
    file: "packages/core/src/handling/transaction-writes.ts",
    find: "this.inbox.length > 0 ? unit.inbox.add(run, this.inbox) : undefined,",
    replace: "undefined,",
    tests: gapTests,
  },
  {
    name: "inbox not asked",
    rule: "R3",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "this.#known.add(key)",
    replace: "void key",
    tests: gapTests,
  },
  {
    name: "inbox takes the same key twice",
    rule: "R3",
    file: progress,
    find: "if (existing !== undefined) throw",
    replace: "void",
    tests: storeTests,
  },
  {
    name: "cursor moved outside of the transaction",
    rule: "R3",
    file: lane,
    find: "unit.cursors.move(key, from, to, logTimeMs)",
    replace:
      "(void Promise.resolve().then(() => this.#scope.store.unitOfWork((other) => other.cursors.move(key, from, to, logTimeMs))).catch(() => undefined), Promise.resolve(true))",
    tests: failureTests,
  },
  {
    name: "cursor without compare-and-set, in memory",
    rule: "R3",
    file: progress,
    find: "row.offset !== from",
    replace: "false",
    tests: storeTests,
  },
  {
    name: "cursor without compare-and-set, on SQLite",
    rule: "R3",
    file: "packages/sqlite/src/store/tables/cursor-table.ts",
    find: "AND next_offset = ?`",
    replace: "AND ? >= 0`",
    tests: ["packages/sqlite/test/store.conformance.int.test.ts"],
  },
  {
    name: "an unknown COMMIT is taken for one that happened",
    rule: "R3",
    file: lane,
    find: "cursor !== null && cursor.offset >= to",
    replace: "true",
    tests: failureTests,
  },
  {
    name: "an event is known by its id without its source",
    rule: "R3",
    file: "packages/core/src/envelope/event-id.ts",
    find: "`${source}\\n${id}`",
    replace: "id",
    tests: ["packages/core/src/envelope/event-id.test.ts"],
  },
  {
    name: "what is published can be made to die",
    rule: "R3",
    file: "scripts/gate/crash-points.ts",
    find: 'source.replaceAll(call, "")',
    replace: "source.replaceAll(call, (whole) => whole)",
    tests: ["scripts/gate/crash-points.test.ts"],
  },
];
