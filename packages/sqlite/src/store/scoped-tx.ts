import type { SQLInputValue, StatementSync } from "node:sqlite";
import { coreError, type Isolation } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import type { SqlStatement } from "./sql-statements.ts";
import type { SqliteParameter, SqliteTx, SqliteValue } from "./sqlite-tx.ts";
import { type Level, TransactionScope } from "./transaction-scope.ts";
import { userStatement } from "./user-statements.ts";

/** The scope that a `tx` of any store writes through; null for anything else. */
export function scopeOf(tx: unknown): { readonly scope: TransactionScope; readonly level: Level } | null {
  return typeof tx === "object" && tx !== null ? ScopedTx.scopeOf(tx) : null;
}

/**
 * Gives `work` a `tx` of its own scope, which ends when it settles; then calls `end`. Answers at once where `work` does and all
 * is well. Rejects as `UnitOfWork.isolate` says.
 */
export function runScope<Outcome>(
  transaction: OpenTransaction,
  options: Isolation,
  work: (tx: SqliteTx) => Outcome,
  end: () => void,
): Outcome | Promise<Awaited<Outcome>> {
  let scope: TransactionScope;
  try {
    scope = new TransactionScope(transaction, options);
  } catch (error) {
    end();
    return rejected(error);
  }
  let rejection: { reason: unknown } | null = null;
  try {
    const outcome = work(new ScopedTx(scope, scope.current));
    if (isPromise(outcome)) return settleLater(scope, outcome, end) as Promise<Awaited<Outcome>>;
    const failure = settle(scope, null, end);
    return failure === null ? outcome : rejected(failure.reason);
  } catch (reason) {
    rejection = { reason };
  }
  return rejected((settle(scope, rejection, end) ?? rejection).reason);
}

/** No async function: it costs each event more than two callbacks. */
function settleLater(scope: TransactionScope, outcome: PromiseLike<unknown>, end: () => void): Promise<unknown> {
  return Promise.resolve(outcome).then(
    (result) => {
      const failure = settle(scope, null, end);
      if (failure !== null) throw failure.reason;
      return result;
    },
    (reason: unknown) => {
      throw (settle(scope, { reason }, end) ?? { reason }).reason;
    },
  );
}

/** Ends a scope, and then its turn: why it failed, or null. */
function settle(scope: TransactionScope, rejection: { reason: unknown } | null, end: () => void): { reason: unknown } | null {
  try {
    return scope.settle(rejection);
  } catch (reason) {
    return { reason };
  } finally {
    end();
  }
}

/** Handlers may throw anything. */
async function rejected(reason: unknown): Promise<never> {
  throw reason;
}

/** Work may answer with a promise of any kind. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

const nothingChanged = { changes: 0, lastInsertRowid: 0 };

class ScopedTx implements SqliteTx {
  readonly #scope: TransactionScope;
  readonly #level: Level;

  constructor(scope: TransactionScope, level: Level) {
    this.#scope = scope;
    this.#level = level;
  }

  static scopeOf(tx: object): { readonly scope: TransactionScope; readonly level: Level } | null {
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
    this.#scope.statement(this.#level, (db) => {
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
    return this.#scope.statement(this.#level, (db) => {
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
