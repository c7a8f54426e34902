import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlStatement } from "throughline/seams";
import { sqlStatements } from "./sql-statements.ts";

/** One SQL text of the application, read and prepared. */
export interface UserStatement {
  readonly statements: readonly SqlStatement[];
  /** Only for a text of one plain or lasting statement that was run with parameters. */
  prepared: StatementSync | null;
}

/** Texts kept for a connection. The application writes them, perhaps with values inside, so there may be any number of them. */
const kept = 500;
const known = new WeakMap<DatabaseSync, Map<string, UserStatement>>();

/** Reads an SQL text, or remembers it. The oldest texts are forgotten. */
export function userStatement(db: DatabaseSync, sql: string): UserStatement {
  let ofConnection = known.get(db);
  if (ofConnection === undefined) known.set(db, (ofConnection = new Map()));
  let statement = ofConnection.get(sql);
  if (statement === undefined) {
    statement = { statements: sqlStatements(sql), prepared: null };
    const [oldest] = ofConnection.keys();
    if (ofConnection.size >= kept && oldest !== undefined) ofConnection.delete(oldest);
    ofConnection.set(sql, statement);
  }
  return statement;
}
