import type { QueryConfig, QueryResult, QueryResultRow } from "pg";
import { coreError, type Isolation, type Level, runScope, TransactionScope } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import type { PostgresTx } from "./postgres-tx.ts";
import { type ReadStatement, readStatements } from "./sql-statements.ts";

type Scope = TransactionScope<OpenTransaction>;

/** What a `tx` writes through: its scope, the level of it that it belongs to, and the statements that are open in it. */
export interface ScopeOfTx {
  readonly scope: Scope;
  readonly level: Level;
  readonly statements: OpenStatements;
}

/** The scope that a `tx` of any store on PostgreSQL writes through; null for anything else. */
export function scopeOf(tx: unknown): ScopeOfTx | null {
  return typeof tx === "object" && tx !== null ? ScopedTx.scopeOf(tx) : null;
}

/**
 * Gives `work` a `tx` of its own scope, which ends when it has settled and its statements have ended; then calls `end`. Rejects as
 * `UnitOfWork.isolate` says.
 */
export function isolate<Outcome>(
  transaction: OpenTransaction,
  options: Isolation,
  work: (tx: ScopedTx) => Outcome,
  end: () => void,
): Outcome | Promise<Awaited<Outcome>> {
  const statements = new OpenStatements();
  const open = (): Scope => {
    const refusal = transaction.ended();
    if (refusal !== null) throw refusal;
    return new TransactionScope(transaction, options);
  };
  return runScope(open, (scope, level) => work(new ScopedTx({ scope, level, statements })), {
    end,
    settled: () => statements.ended(),
  });
}

/** Statements that were sent and are not answered: counted, for each event has some. */
export class OpenStatements {
  #count = 0;
  #ended: PromiseWithResolvers<void> | null = null;

  begun(): void {
    this.#count += 1;
  }

  /** One was answered, and what follows from its answer was noted. */
  answered(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#ended?.resolve();
    this.#ended = null;
  }

  add(sent: Promise<unknown>): void {
    this.begun();
    const answered = (): void => this.answered();
    sent.then(answered, answered);
  }

  /** Null when there are none, else waits until there are none. */
  ended(): Promise<void> | null {
    if (this.#count === 0) return null;
    this.#ended ??= Promise.withResolvers<void>();
    return this.#ended.promise;
  }
}

export class ScopedTx implements PostgresTx {
  readonly #of: ScopeOfTx;

  constructor(of: ScopeOfTx) {
    this.#of = of;
  }

  static scopeOf(tx: object): ScopeOfTx | null {
    return #of in tx ? tx.#of : null;
  }

  query<Row extends QueryResultRow = QueryResultRow>(
    statement: string | QueryConfig,
    values?: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    const config = typeof statement === "string" ? { text: statement } : statement;
    const query = values === undefined ? config : { ...config, values: values as unknown[] };
    const result = this.#query(query) as Promise<QueryResult<Row>>;
    // Not awaited, it fails the surrounding function instead of the process.
    result.catch(() => undefined);
    return result;
  }

  transaction<T>(work: (tx: PostgresTx) => Promise<T> | T): Promise<T> {
    const result = this.#nested(work);
    result.catch(() => undefined);
    return result;
  }

  async #nested<T>(work: (tx: PostgresTx) => Promise<T> | T): Promise<T> {
    const { scope, statements } = this.#of;
    const level = scope.begin(this.#of.level);
    let result: T;
    try {
      result = await work(new ScopedTx({ scope, level, statements }));
    } catch (error) {
      scope.rollBack(level);
      throw error;
    }
    await statements.ended();
    scope.commit(level);
    return result;
  }

  /** One plain statement, as nearly all are, is sent with as few promises as can be. */
  #query(query: QueryConfig): Promise<QueryResult> {
    try {
      const { scope, level } = this.#of;
      scope.enter(level);
      const read = readStatements(query.text);
      const [only] = read;
      return read.length === 1 && only?.kind === "plain" ? this.#plain(query, only) : this.#others(query, read);
    } catch (error) {
      return rejected(error);
    }
  }

  #plain(query: QueryConfig, statement: ReadStatement): Promise<QueryResult> {
    const { scope } = this.#of;
    scope.admit(statement);
    if (statement.taints) scope.transaction.isTainted = true;
    if (scope.overlaps) this.#refuseReading(statement);
    return this.#send(query);
  }

  /** Runs up to its first wait at once, so that statements are sent in the order in which they were called. */
  async #others(query: QueryConfig, read: readonly ReadStatement[]): Promise<QueryResult> {
    const { scope, level } = this.#of;
    const [only] = read;
    if (read.length === 1 && only !== undefined) return this.#one(query, only);
    if (read.length > 1 && (query.values?.length ?? 0) > 0)
      throw scope.failed(
        coreError("TX_STATEMENT_FAILED", { what: "a text of several statements takes no values" }),
        scope.innermost,
      );
    if (read.every(({ kind }) => kind === "plain")) {
      if (scope.overlaps) for (const each of read) this.#refuseReading(each);
      return this.#send(query);
    }
    let last: QueryResult = noRows("");
    for (const each of read) {
      scope.enter(level);
      last = await this.#one({ text: each.text }, each);
    }
    return last;
  }

  async #one(query: QueryConfig, statement: ReadStatement): Promise<QueryResult> {
    const { scope, statements } = this.#of;
    const { kind } = statement;
    if (kind === "plain" || kind === "lasting") return this.#plain(query, statement);
    // Whether the statements in it failed must be known before it may stay.
    if (kind === "commit" || kind === "release") await statements.ended();
    try {
      scope.control(statement);
    } catch (error) {
      throw scope.failed(error, scope.innermost);
    }
    return noRows(kind.toUpperCase());
  }

  #send(query: QueryConfig): Promise<QueryResult> {
    const { scope, statements } = this.#of;
    const at = scope.innermost;
    const sent = scope.transaction.sendRaw(this.#sendable(query)).then(
      (result) => {
        try {
          // What no look at the text can tell, as where a rule rewrites it.
          if (scope.overlaps && result.fields?.length > 0) scope.endOverlap(query.text);
          return result as QueryResult;
        } finally {
          statements.answered();
        }
      },
      (error: unknown) => {
        const reason = scope.failed(error, at);
        statements.answered();
        throw reason;
      },
    );
    statements.begun();
    return sent;
  }

  /** Behind a pooler no connection keeps what is prepared. */
  #sendable(query: QueryConfig): QueryConfig {
    if (query.name === undefined || this.#of.scope.transaction.statements.isNamed) return query;
    const { name: _, ...unnamed } = query;
    return unnamed;
  }

  #refuseReading({ reads, text }: ReadStatement): void {
    if (reads) this.#of.scope.endOverlap(text);
  }
}

async function rejected(reason: unknown): Promise<never> {
  throw reason;
}

function noRows(command: string): QueryResult {
  return { command, rowCount: null, oid: 0, rows: [], fields: [] };
}
