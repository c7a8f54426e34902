import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sqlStatements } from "./sql-statements.ts";

const kinds = (sql: string) => sqlStatements(sql).map(({ kind }) => kind);

describe("statements", () => {
  test("are told apart by semicolons, not by those in strings, names, comments and bodies", () => {
    assert.deepEqual(
      sqlStatements(
        `-- a; b
        SELECT 'x;''y', E'\\';', "na;me"; /* c; /* d; */ e; */ INSERT INTO t VALUES ($$;$$, $a$ $$; $a$);;
        CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT $1`,
      ).map(({ text }) => text.slice(0, 6)),
      ["SELECT", "INSERT", "CREATE", "SELECT"],
    );
  });

  test("of transactions act on savepoints", () => {
    assert.deepEqual(
      kinds("BEGIN; START TRANSACTION; COMMIT; END; ROLLBACK; ABORT; SAVEPOINT a; ROLLBACK TO SAVEPOINT a; RELEASE a"),
      ["begin", "begin", "commit", "commit", "rollback", "rollback", "savepoint", "rollback-to", "release"],
    );
    assert.deepEqual(kinds("rollback work to a"), ["rollback-to"]);
  });

  test("that outlive their event are lasting", () => {
    for (const sql of [
      "SET LOCAL app.tenant = 'a'",
      "set search_path to a",
      "SELECT set_config('app.tenant', 'a', true)",
      "select pg_catalog.set_config('a', 'b', true)",
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "BEGIN ISOLATION LEVEL SERIALIZABLE",
      "SET CONSTRAINTS ALL IMMEDIATE",
      "RESET ALL",
      "DISCARD ALL",
      "LISTEN a",
      "PREPARE a AS SELECT 1",
      "DECLARE c CURSOR FOR SELECT 1",
      "CREATE TEMP TABLE a (b int)",
      "DO $$ BEGIN PERFORM 1; END $$",
      "SELECT pg_advisory_lock(1)",
    ])
      assert.deepEqual(kinds(sql), ["lasting"], sql);
  });

  test("that only look so are plain", () => {
    for (const sql of [
      "UPDATE a SET b = 1",
      "SELECT 'set_config'",
      'SELECT "set_config" FROM a',
      "INSERT INTO a VALUES ('SET x') -- set_config",
      "SELECT pg_advisory_xact_lock(1)",
      "NOTIFY a",
    ])
      assert.deepEqual(kinds(sql), ["plain"], sql);
  });

  test("taint the connection where they outlive the transaction too", () => {
    const taints = (sql: string) => sqlStatements(sql).map((each) => each.taints);
    assert.deepEqual(taints("SET LOCAL a = 1; SET CONSTRAINTS ALL DEFERRED; SELECT set_config('a', 'b', true)"), [
      false,
      false,
      false,
    ]);
    assert.deepEqual(taints("SET a = 1; SELECT set_config('a', 'b', false); SELECT pg_advisory_lock(1); LISTEN a"), [
      true,
      true,
      true,
      true,
    ]);
  });

  test("that return rows or lock are told", () => {
    const reads = (sql: string) => sqlStatements(sql).map((each) => each.reads);
    assert.deepEqual(reads("INSERT INTO a VALUES (1); UPDATE a SET b = 1; WITH x AS (SELECT 1) INSERT INTO a SELECT 1"), [
      false,
      false,
      false,
    ]);
    assert.deepEqual(
      reads("SELECT 1; INSERT INTO a VALUES (1) RETURNING b; LOCK TABLE a; TABLE a; WITH x AS (SELECT 1) SELECT 2"),
      [true, true, true, true, true],
    );
  });
});
