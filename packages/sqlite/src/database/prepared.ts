import type { DatabaseSync, StatementSync } from "node:sqlite";

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/**
 * The prepared statement of `sql` on this connection, prepared at most once. For constant texts only: the cache never shrinks.
 * A cached statement is shared by everybody on the connection, so use `all`, `get` or `run` on it, and no `iterate` that is left half-way.
 * @example prepared(db, "SELECT 1 AS one").get()
 */
export function prepared(db: DatabaseSync, sql: string): StatementSync {
  let known = statements.get(db);
  if (known === undefined) statements.set(db, (known = new Map()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}
