import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** The prepared statement of a constant text, prepared once on each connection. Use `all`, `get` or `run` on it. */
export function prepared(db: DatabaseSync, sql: string): StatementSync {
  let known = statements.get(db);
  if (known === undefined) statements.set(db, (known = new Map()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}

/** All rows of a statement, as what its columns are known to be. */
export const rowsOf = <Row>(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row[] =>
  prepared(db, sql).all(...values) as Row[];

export const rowOf = <Row>(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row | undefined =>
  prepared(db, sql).get(...values) as Row | undefined;
