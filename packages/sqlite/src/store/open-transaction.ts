import type { DatabaseSync } from "node:sqlite";
import { type Clock, coreError, type ScopedTransaction } from "throughline/seams";
import { prepared } from "../database/prepared.ts";
import { failureKind } from "../database/sqlite-failure.ts";
import { storeFailure } from "../errors/index.ts";

/** One transaction of the store, from BEGIN to its end. Everything that touches its connection asks it first. */
export class OpenTransaction implements ScopedTransaction {
  /** The store's file. */
  readonly file: string;
  readonly readOnly: boolean;
  /** Whether others should look at the store once this is committed: it published, or made parked events due. */
  wakesListeners = false;
  readonly #db: DatabaseSync;
  #endedBy: (() => Error) | null = null;
  #failure: { readonly reason: unknown } | null = null;

  constructor(db: DatabaseSync, options: { file: string; readOnly: boolean }) {
    this.#db = db;
    this.file = options.file;
    this.readOnly = options.readOnly;
  }

  /**
   * The connection, for statements that are run at once. Throws when the transaction has ended, for then they would run in a
   * neighbour's, or in none.
   */
  connection(): DatabaseSync {
    if (this.#endedBy !== null) throw this.#endedBy();
    if (!this.#db.isTransaction) throw this.#lost();
    return this.#db;
  }

  /** Null while it is open. */
  ended(): Error | null {
    return this.#endedBy?.() ?? null;
  }

  /** A statement rolled the whole transaction back: `OR ROLLBACK`, `RAISE(ROLLBACK)`, or a database that cannot go on. */
  get isLost(): boolean {
    return this.#endedBy === null && !this.#db.isTransaction;
  }

  /** It must not commit any more. The first reason counts. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
  }

  savepoint(command: "SAVEPOINT" | "RELEASE" | "ROLLBACK TO", index: number): void {
    prepared(this.connection(), `${command} throughline_${index}`).run();
  }

  readable(error: unknown): unknown {
    const kind = failureKind(error);
    if (kind === null) return error;
    if (kind === "read-only" && this.readOnly)
      return coreError("TX_STATEMENT_FAILED", { what: "a reading transaction writes nothing; use store.transaction" }, error);
    const { file } = this;
    return storeFailure(file)({ kind, file, what: (error as Error).message, commitUnknown: false, cause: error });
  }

  /**
   * Runs `work` until it settles or the limit has passed, and then refuses everything. Fulfils only if the transaction may be
   * committed.
   */
  async run<T>(work: () => Promise<T>, limit: { clock: Clock; limitMs: number }): Promise<T> {
    const tooLong = Promise.withResolvers<never>();
    const timer = limit.clock.after(limit.limitMs, () => {
      this.#endedBy = () => coreError("TX_TOO_LONG", { limitMs: limit.limitMs });
      tooLong.reject(this.#endedBy());
    });
    try {
      const result = await Promise.race([work(), tooLong.promise]);
      if (this.#failure !== null) throw this.#failure.reason;
      if (this.isLost) throw this.#lost();
      return result;
    } finally {
      timer.cancel();
      this.#endedBy ??= () => coreError("TX_ENDED", {});
    }
  }

  #lost(): Error {
    return coreError("TX_STATEMENT_FAILED", { what: "a statement rolled the whole transaction back" });
  }
}
