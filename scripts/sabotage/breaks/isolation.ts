import type { Break } from "../break.ts";

const memoryTx = "packages/core/src/memory/memory-store-tx.ts";
const memoryTests = ["packages/testing/test/memory-store.conformance.test.ts"];
const sqliteScope = "packages/core/src/shared-transaction/transaction-scope.ts";
const sqliteTests = ["packages/sqlite/test/store.conformance.int.test.ts"];

/** R4: fast without surprises. */
export const isolationBreaks: readonly Break[] = [
  {
    name: "savepoint left out, in memory",
    rule: "R4",
    file: memoryTx,
    find: "transaction.rollbackTo(before)",
    replace: "void before",
    tests: memoryTests,
  },
  {
    name: "savepoint left out, on SQLite",
    rule: "R4",
    file: sqliteScope,
    find: 'this.transaction.savepoint("ROLLBACK TO", 0)',
    replace: "void 0",
    tests: sqliteTests,
  },
  {
    name: "late statement allowed, in memory",
    rule: "R4",
    file: memoryTx,
    find: "scope.settled = true",
    replace: "void scope",
    tests: memoryTests,
  },
  {
    name: "late statement allowed, on SQLite",
    rule: "R4",
    file: sqliteScope,
    find: "this.#settled = true",
    replace: "void 0",
    tests: sqliteTests,
  },
  {
    name: "a failed statement forgiven, in memory",
    rule: "R4",
    file: memoryTx,
    find: "scope.endsSharing ?? transaction.failure()",
    replace: "scope.endsSharing",
    tests: memoryTests,
  },
  {
    name: "a failed statement forgiven, on SQLite",
    rule: "R4",
    file: sqliteScope,
    find: "failure === null ? null : { reason: statementFailed(failure) }",
    replace: "null",
    tests: sqliteTests,
  },
  {
    name: "a statement that outlives its event keeps sharing",
    rule: "R4",
    file: "packages/sqlite/src/store/sql-statements.ts",
    find: 'case "PRAGMA":',
    replace: 'case "-":',
    tests: ["packages/sqlite/src/store/sql-statements.test.ts"],
  },
  {
    name: "a conflict between transactions is an attempt",
    rule: "R4",
    file: "packages/core/src/handling/failure.ts",
    find: "TX_CONFLICT|",
    replace: "",
    tests: ["packages/core/test/sabotage-gaps.test.ts"],
  },
  {
    name: "handler's lock not taken",
    rule: "R4",
    file: "packages/core/src/handling/handler-unit.ts",
    find: "if (isSerial) await unit.lockHandler(handler.id);",
    replace: "",
    tests: ["packages/core/test/hot-rows.test.ts"],
  },
  {
    name: "conflicts cut batches before concurrency",
    rule: "R4",
    file: "packages/core/src/handling/contention.ts",
    find: "if (!this.#isSerial) {",
    replace: "if (false) {",
    tests: ["packages/core/src/handling/contention.test.ts"],
  },
  {
    name: "a handler's lock holds nobody up, in memory",
    rule: "R4",
    file: "packages/core/src/memory/memory-store.ts",
    find: 'transaction.lock({ name: "handler lock" }, String(handlerId))',
    replace: "handlerId",
    tests: memoryTests,
  },
];
