import assert from "node:assert/strict";
import { test } from "node:test";
import { sqlStatements } from "./sql-statements.ts";

const kindsOf = (sql: string) =>
  sqlStatements(sql).map((statement) => ("name" in statement ? `${statement.kind} ${statement.name}` : statement.kind));

test("transaction statements are known in any dress", () => {
  const expected: readonly (readonly [sql: string, kinds: readonly string[]])[] = [
    ["BEGIN", ["begin"]],
    ["  begin immediate transaction ;", ["begin"]],
    ["-- a comment; COMMIT\n/* BEGIN */ CoMmIt", ["commit"]],
    ["\uFEFFEND TRANSACTION", ["commit"]],
    ["ROLLBACK", ["rollback"]],
    ["ROLLBACK TRANSACTION TO SAVEPOINT a", ["rollback-to A"]],
    ["ROLLBACK TO [a b]", ["rollback-to A B"]],
    ["SAVEPOINT 'it''s'", ["savepoint IT'S"]],
    ["RELEASE savepoint", ["release SAVEPOINT"]],
    ['RELEASE SAVEPOINT "x"', ["release X"]],
    ["PRAGMA journal_mode", ["lasting"]],
    ["/**/ATTACH 'x' AS y; DETACH y", ["lasting", "lasting"]],
  ];
  for (const [sql, kinds] of expected) assert.deepEqual(kindsOf(sql), kinds, sql);
});

test("a keyword in a string, a name, a comment or an EXPLAIN is no statement", () => {
  for (const sql of [
    "SELECT '; COMMIT; '",
    "INSERT INTO \"begin\" VALUES ('a'';COMMIT')",
    "SELECT 1 -- ; COMMIT",
    "SELECT 1 /* ; COMMIT ",
    "EXPLAIN COMMIT",
    "UPDATE `a;COMMIT` SET [b;ROLLBACK] = 1",
    "SELECT 'unterminated; COMMIT",
  ]) {
    assert.deepEqual(kindsOf(sql), ["plain"], sql);
  }
});

test("a text is split at its semicolons, and a trigger stays whole", () => {
  const trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b; END";
  const statements = sqlStatements(`;; ${trigger}; COMMIT;; SELECT 1`);
  assert.deepEqual(
    statements.map(({ text }) => text),
    [trigger, "COMMIT", "SELECT 1"],
  );
  assert.deepEqual(
    statements.map(({ kind }) => kind),
    ["plain", "commit", "plain"],
  );
});

test("a text without a statement has none", () => {
  for (const sql of ["", "  ;; ", "-- nothing", "/* nothing"]) assert.deepEqual(sqlStatements(sql), []);
});
