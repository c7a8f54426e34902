import type { SQLInputValue, StatementSync } from "node:sqlite";
import { coreError, type Isolation, type Level, runScope, type SqlStatement, TransactionScope } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import type { SqliteParameter, SqliteTx, SqliteValue } from "./sqlite-tx.ts";
import { userStatement } from "./user-statements.ts";

type Scope = TransactionScope<OpenTransaction>;

/** The scope that a `tx` of any store writes through; null for anything else. */
export function scopeOf(tx: unknown): { readonly scope: Scope; readonly level: Level } | null {
  return typeof tx === "object" && tx !== null ? ScopedTx.scopeOf(tx) : null;
}

/**
 * Gives `work` a `tx` of its own scope, which ends when it settles; then calls `end`. Answers at once where `work` does and all
 * is well. Rejects as `UnitOfWork.isolate` says.
 */
export function isolate<Outcome>(
  transaction: OpenTransaction,
  options: Isolation,
  work: (tx: SqliteTx) => Outcome,
  end: () => void,
): Outcome | Promise<Awaited<Outcome>> {
  const open = (): Scope => new TransactionScope(transaction, options);
  return runScope(open, (scope, level) => work(new ScopedTx(scope, level)), { end });
}

const nothingChanged = { changes: 0, lastInsertRowid: 0 };

class ScopedTx implements SqliteTx {
  readonly #scope: Scope;
  readonly #level: Level;

  constructor(scope: Scope, level: Level) {
    this.#scope = scope;
    this.#level = level;
  }

  static scopeOf(tx: object): { readonly scope: Scope; readonly level: Level } | null {
    return #scope in tx ? { scope: tx.#scope, level: tx.#level } : null;
  }

  run(sql: string, ...parameters: readonly SqliteParameter[]): { changes: number; lastInsertRowid: number } {
    return this.#one(sql, nothingChanged, (statement) => {
      const { changes, lastInsertRowid } = statement.run(...bindable(parameters));
      return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
    });
  }

  get<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Row | undefined {
    return this.#one(sql, undefined, (statement) => statement.get(...bindable(parameters)) as Row | undefined);
  }

  all<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Row[] {
    return this.#one(sql, [], (statement) => statement.all(...bindable(parameters)) as Row[]);
  }

  exec(sql: string): void {
    this.#scope.statement(this.#level, (transaction) => {
      const db = transaction.connection();
      for (const statement of userStatement(db, sql).statements) {
        if (this.#handled(statement)) continue;
        if (this.#scope.overlaps) this.#refuseRows(statement, db.prepare(statement.text));
        db.exec(statement.text);
      }
    });
  }

  transaction<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T> {
    const result = this.#nested(work);
    // Not awaited, it fails the surrounding function instead of the process.
    result.catch(() => undefined);
    return result;
  }

  async #nested<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T> {
    const level = this.#scope.begin(this.#level);
    let result: T;
    try {
      result = await work(new ScopedTx(this.#scope, level));
    } catch (error) {
      this.#scope.rollBack(level);
      throw error;
    }
    this.#scope.commit(level);
    return result;
  }

  /** Runs the one statement of `sql`; `ifControl` answers for one that acted on a savepoint. */
  #one<T>(sql: string, ifControl: T, run: (statement: StatementSync) => T): T {
    return this.#scope.statement(this.#level, (transaction) => {
      const db = transaction.connection();
      const read = userStatement(db, sql);
      if (read.prepared !== null) {
        const [only] = read.statements;
        if (only?.kind === "lasting") this.#scope.admit(only);
        if (this.#scope.overlaps && only !== undefined) this.#refuseRows(only, read.prepared);
        return run(read.prepared);
      }
      const only = onlyStatement(read.statements);
      if (this.#handled(only)) return ifControl;
      read.prepared = db.prepare(only.text);
      if (this.#scope.overlaps) this.#refuseRows(only, read.prepared);
      return run(read.prepared);
    });
  }

  #refuseRows({ text }: SqlStatement, prepared: StatementSync): void {
    if (prepared.columns().length > 0) this.#scope.endOverlap(text);
  }

  #handled(statement: SqlStatement): boolean {
    this.#scope.admit(statement);
    return this.#scope.control(statement);
  }
}

function onlyStatement(statements: readonly SqlStatement[]): SqlStatement {
  const [only] = statements;
  if (only === undefined || statements.length > 1) {
    throw coreError("TX_STATEMENT_FAILED", {
      what: `run, get and all take one statement, and were given ${statements.length}; use exec for several`,
    });
  }
  return only;
}

/** SQLite would take any object for one of named values, and bind NULL where a Date or a list was meant. */
function bindable(parameters: readonly SqliteParameter[]): SQLInputValue[] {
  for (const parameter of parameters) {
    if (typeof parameter !== "object" || parameter === null || ArrayBuffer.isView(parameter)) continue;
    const kind = Object.prototype.toString.call(parameter).slice("[object ".length, -1);
    if (kind !== "Object")
      throw coreError("TX_STATEMENT_FAILED", { what: `a parameter is of the kind ${kind}, which SQLite cannot hold; encode it` });
  }
  return parameters as unknown as SQLInputValue[];
}
