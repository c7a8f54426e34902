import type { Break } from "../break.ts";

const conformance = ["packages/postgres/test/store.conformance.int.test.ts"];
const processes = ["packages/postgres/test/store-processes.int.test.ts"];

/** What only the store on PostgreSQL has to do for the rules: on SQLite one lock does all of it. */
export const postgresBreaks: readonly Break[] = [
  {
    name: "tickets drawn without the locks of subjects and ids, on PostgreSQL",
    rule: "R2",
    file: "packages/postgres/src/store/migrations/0002-outbox.ts",
    find: "      IF pg_advisory_xact_lock(key) IS NULL THEN NULL; END IF;",
    replace: "      NULL;",
    tests: ["packages/postgres/test/outbox-order.int.test.ts"],
  },
  {
    name: "a cursor read without its lock, on PostgreSQL",
    rule: "R3",
    file: "packages/postgres/src/store/tables/cursor-table.ts",
    find: "${isKey} FOR NO KEY UPDATE`",
    replace: "${isKey}`",
    tests: conformance,
  },
  {
    name: "subjects tried by waiting for them, on PostgreSQL",
    rule: "R6",
    file: "packages/postgres/src/store/position-locks.ts",
    find: " SKIP LOCKED",
    replace: "",
    tests: conformance,
  },
  {
    name: "a statement left open runs in the next event, on PostgreSQL",
    rule: "R4",
    file: "packages/postgres/src/store/scoped-tx.ts",
    find: "settled: () => statements.ended()",
    replace: "settled: () => null",
    tests: conformance,
  },
  {
    name: "the server lets a stopped process keep its locks",
    rule: "R3",
    file: "packages/postgres/src/store/postgres-store.ts",
    find: "return `${begin}; ${limitSql(facts, limitMs)}`;",
    replace: "void limitMs; return begin;",
    tests: processes,
  },
  {
    name: "a savepoint that an ORM rolled back counts as never ended",
    rule: "R4",
    file: "packages/core/src/shared-transaction/transaction-scope.ts",
    find: 'this.#open("savepoint", statement.name, true)',
    replace: 'this.#open("savepoint", statement.name)',
    tests: ["packages/postgres/test/drizzle-executor.int.test.ts"],
  },
];
