import type { QueryArrayResult, QueryResult } from "pg";
import { type Clock, coreError, type ScopedTransaction } from "throughline/seams";
import { ownTypesOfText } from "../database/own-types.ts";
import { failureKind } from "../database/postgres-failure.ts";
import type { AnyResult, Statement, StatementSender } from "../database/session.ts";
import { storeFailure } from "../errors/index.ts";
import type { Statements } from "./statements.ts";

export interface OpenTransactionOptions {
  /** As messages name it. */
  readonly store: string;
  readonly readOnly: boolean;
  readonly limitMs: number;
  readonly statements: Statements;
  /** The application's statements are not seen here: a savepoint cannot wait for the first of them. */
  readonly hidesStatements: boolean;
  /** Runs a statement in a transaction of its own, at once committed: see `position-locks.ts`. */
  readonly aside: (sql: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>;
}

type Savepoint = { readonly command: "SAVEPOINT" | "RELEASE" | "ROLLBACK TO"; readonly index: number };

/** One transaction of the store, from BEGIN to its end. Everything that touches its connection asks it first. */
export class OpenTransaction implements ScopedTransaction {
  readonly store: string;
  readonly readOnly: boolean;
  readonly statements: Statements;
  readonly aside: OpenTransactionOptions["aside"];
  /** What others wait for, once this is committed. */
  hasPublished = false;
  hasMadeDue = false;
  /** The application changed what outlives the transaction: the connection cannot serve others. */
  isTainted = false;
  /** Positions that are being locked: whether one statement was enough. Null when none are. */
  locking: Promise<boolean> | null = null;
  /** What is to be sent before COMMIT. */
  readonly beforeCommit: (() => void)[] = [];
  /** What a rehearsal takes back that was committed beside it. */
  readonly afterRehearsal: (() => Promise<void>)[] = [];
  readonly #session: StatementSender;
  readonly #limitMs: number;
  readonly #hidesStatements: boolean;
  #endedBy: (() => Error) | null = null;
  #failure: { readonly reason: unknown } | null = null;
  /** Savepoints that nothing was sent behind yet. */
  #unsent: number[] = [];

  constructor(session: StatementSender, options: OpenTransactionOptions) {
    this.#session = session;
    this.store = options.store;
    this.readOnly = options.readOnly;
    this.statements = options.statements;
    this.aside = options.aside;
    this.#limitMs = options.limitMs;
    this.#hidesStatements = options.hidesStatements;
  }

  /** Rows of one of the store's own statements. */
  async rows<Row = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return ((await this.send(this.statements.statement(sql, values))) as QueryResult).rows as Row[];
  }

  /** The same with the bytes of `bytea` as PostgreSQL writes them, `\x00ff`: for rows whose bytes are seldom looked at. */
  async rowsOfText<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const statement = { ...this.statements.statement(sql, values), types: ownTypesOfText };
    return ((await this.send(statement)) as QueryResult).rows as Row[];
  }

  /** The same as arrays of columns: for statements that answer with many rows. */
  async columns<Columns extends readonly unknown[]>(sql: string, values: readonly unknown[]): Promise<Columns[]> {
    const statement = { ...this.statements.statement(sql, values), rowMode: "array" as const };
    return ((await this.send(statement)) as QueryArrayResult).rows as unknown as Columns[];
  }

  /** Rows of a statement that each connection prepares once. */
  async prepared<Row = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return ((await this.send(this.statements.prepared(sql, values))) as QueryResult).rows as Row[];
  }

  /** How many rows one of the store's own statements wrote. */
  async changes(sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.send(this.statements.statement(sql, values))).rowCount ?? 0;
  }

  /** Refuses once the transaction has ended; failures of the database itself come as errors of the seam. */
  async send(statement: Statement): Promise<AnyResult> {
    try {
      return await this.sendRaw(statement);
    } catch (error) {
      const reason = this.readable(error);
      this.fail(reason);
      throw reason;
    }
  }

  /** What it rejects with is what pg says. Throws, at once, when the transaction has ended. */
  sendRaw(statement: Statement): Promise<AnyResult> {
    if (this.#endedBy !== null) throw this.#endedBy();
    this.#sendSavepoints();
    return this.#session.send(statement);
  }

  /** Before COMMIT, which fails if it does. */
  sendLast(sql: string, values: readonly unknown[]): void {
    this.#session.send(this.statements.statement(sql, values)).catch((error: unknown) => this.fail(this.readable(error)));
  }

  /** A savepoint is sent with the first statement behind it; its end is not waited for. */
  savepoint(command: Savepoint["command"], index: number): void {
    if (this.#hidesStatements) {
      this.#sendInOrder(command === "SAVEPOINT" ? `SAVEPOINT throughline_${index}` : `${command} SAVEPOINT throughline_${index}`);
      return;
    }
    if (command === "SAVEPOINT") {
      this.#unsent.push(index);
      return;
    }
    const unsent = this.#unsent.indexOf(index);
    if (unsent >= 0) {
      this.#unsent.length = command === "RELEASE" ? unsent : unsent + 1;
      return;
    }
    this.#unsent.length = 0;
    this.#sendInOrder(`${command} SAVEPOINT throughline_${index}`);
  }

  #sendSavepoints(): void {
    if (this.#unsent.length === 0) return;
    const indexes = this.#unsent;
    this.#unsent = [];
    for (const index of indexes) this.#sendInOrder(`SAVEPOINT throughline_${index}`);
  }

  #sendInOrder(text: string): void {
    this.#session.send(text).catch((error: unknown) => this.fail(this.readable(error)));
  }

  /** Null while it is open. */
  ended(): Error | null {
    return this.#endedBy?.() ?? null;
  }

  get isLost(): boolean {
    return this.#endedBy === null && this.#session.isLost;
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
  }

  readable(error: unknown): unknown {
    if (this.readOnly && failureKind(error) === "read-only")
      return coreError("TX_STATEMENT_FAILED", { what: "a reading transaction writes nothing; use store.transaction" }, error);
    return storeFailure(error, { store: this.store, limitMs: this.#limitMs });
  }

  /**
   * Runs `work` until it settles or the limit has passed, and then refuses everything. Fulfils only if the transaction may be
   * committed.
   */
  async run<T>(work: () => Promise<T>, clock: Clock): Promise<T> {
    const tooLong = Promise.withResolvers<never>();
    const timer = clock.after(this.#limitMs, () => {
      this.#endedBy = () => coreError("TX_TOO_LONG", { limitMs: this.#limitMs });
      tooLong.reject(this.#endedBy());
    });
    try {
      const result = await Promise.race([work(), tooLong.promise]);
      if (this.#failure !== null) throw this.#failure.reason;
      if (this.isLost) throw this.#lost();
      for (const send of this.beforeCommit) send();
      return result;
    } catch (error) {
      // What was noticed first is the cause: the statements behind it fail because of it.
      if (this.#endedBy === null && this.#session.isLost && this.#failure !== null) throw this.#failure.reason;
      throw error;
    } finally {
      timer.cancel();
      this.#endedBy ??= () => coreError("TX_ENDED", {});
    }
  }

  /** Of what was sent and not waited for, once COMMIT was answered. */
  get failure(): { readonly reason: unknown } | null {
    return this.#failure;
  }

  #lost(): Error {
    return coreError("STORE_UNAVAILABLE", { store: this.store, what: "the connection was lost" });
  }
}
