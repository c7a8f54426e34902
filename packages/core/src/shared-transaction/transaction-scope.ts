import { coreError, isThroughlineError } from "../errors/index.ts";
import type { Isolation } from "../seams/store.ts";

/**
 * What a statement means for the transaction it is sent in. `lasting` statements outlive their transaction, or reach its other
 * parts; everything that only reads and writes rows and tables is `plain`.
 */
export type SqlStatement =
  | { readonly kind: "plain" | "lasting" | "begin" | "commit" | "rollback"; readonly text: string }
  | { readonly kind: "savepoint" | "release" | "rollback-to"; readonly text: string; readonly name: string };

/** The open transaction of an SQL database in which scopes live: what its adapter tells of it. */
export interface ScopedTransaction {
  /** Null while it is open. */
  ended(): Error | null;
  /** A statement rolled the whole transaction back, or the connection is gone. */
  readonly isLost: boolean;
  /** It must not commit any more. The first reason counts. */
  fail(reason: unknown): void;
  /** Sends it, in order with all other statements; the savepoint's name follows from `index`. */
  savepoint(command: "SAVEPOINT" | "RELEASE" | "ROLLBACK TO", index: number): void;
  /** Failures of the database itself as errors of the seam; the application's own mistakes stay as the database tells them. */
  readable(error: unknown): unknown;
}

/** A savepoint of the scope: its own, one of a nested transaction, or one that SQL sent through the client opened. */
export interface Level {
  readonly opener: "scope" | "nested" | "begin" | "savepoint";
  /** Of a SAVEPOINT that the client sent. */
  readonly name: string;
  /** Open again after ROLLBACK TO: ORMs leave it at that, so it may still be open at the end. */
  readonly isReopened: boolean;
  /** The first statement that failed in it. Forgotten when the level is rolled back. */
  failure: unknown;
}

/**
 * The stretch of a transaction that one handler may use. Knows its savepoints, innermost last, and what failed in each; what
 * SQL says about transactions acts on them, so it cannot touch the neighbours in the same transaction.
 */
export class TransactionScope<Transaction extends ScopedTransaction = ScopedTransaction> {
  readonly transaction: Transaction;
  readonly #alone: boolean;
  /** Others are open at the same time: it has no savepoints, and reads nothing. */
  readonly overlaps: boolean;
  readonly #hasSavepoint: boolean;
  readonly #levels: Level[] = [{ opener: "scope", name: "", isReopened: false, failure: null }];
  /** Ends sharing, whatever else happens. */
  #sharingEnded: Error | null = null;
  #settled = false;

  constructor(transaction: Transaction, options: Isolation) {
    this.transaction = transaction;
    this.overlaps = options.overlap ?? false;
    this.#alone = options.alone;
    this.#hasSavepoint = options.savepoint;
    if (options.savepoint) transaction.savepoint("SAVEPOINT", 0);
  }

  /** The level of the `tx` that may be used now: the innermost nested transaction's, or the scope's own. */
  get current(): Level {
    // Most scopes have no other.
    if (this.#levels.length === 1) return this.#levels[0] as Level;
    return this.#levels.findLast(({ opener }) => opener === "nested" || opener === "scope") as Level;
  }

  /** Null while the scope is open, and in it `level`. */
  refusal(level?: Level): Error | null {
    const isOver = this.#settled || (level !== undefined && level !== this.#levels[0] && !this.#levels.includes(level));
    return this.transaction.ended() ?? (isOver ? coreError("TX_ENDED", {}) : null);
  }

  /** Runs one statement, sent through the `tx` of `level`. What it throws fails that level. */
  statement<T>(level: Level, run: (transaction: Transaction) => T): T {
    this.enter(level);
    try {
      return run(this.transaction);
    } catch (error) {
      throw this.failed(error, this.innermost);
    }
  }

  /** Throws unless the `tx` of `level` may be used now. What is sent next belongs to `innermost`. */
  enter(level: Level): void {
    const refusal = this.refusal(level);
    if (refusal !== null) throw refusal;
    if (level === this.current) return;
    const error = wrong(
      "a nested transaction is open, and the tx around it was used; use the inner tx, or await the nested transaction first",
    );
    level.failure ??= error;
    throw error;
  }

  /** The savepoint that a statement sent now stands behind. */
  get innermost(): Level {
    return this.#levels.at(-1) as Level;
  }

  /** Notes that a statement failed that was sent in `at`; answers with the error as the application shall see it. */
  failed(error: unknown, at: Level): unknown {
    const reason = this.transaction.readable(error);
    at.failure ??= reason;
    if (this.transaction.isLost) {
      // It took its neighbours with it. Alone, it would have harmed nobody.
      if (this.#alone || isThroughlineError(reason)) (this.#levels[0] as Level).failure ??= reason;
      else
        this.#sharingEnded ??= coreError("TX_SHARING_ENDED", { statement: "ROLLBACK by a conflict clause or a trigger" }, error);
    }
    return reason;
  }

  /** Refuses what would outlive this stretch of the transaction. */
  admit(statement: SqlStatement): void {
    if (statement.kind !== "lasting" || this.#alone) return;
    this.#sharingEnded ??= coreError("TX_SHARING_ENDED", { statement: statement.text });
    throw this.#sharingEnded;
  }

  /** Refuses, where scopes overlap, a statement that depends on others than itself. */
  endOverlap(text: string): never {
    this.#sharingEnded ??= coreError("TX_OVERLAP_ENDED", { statement: text });
    throw this.#sharingEnded;
  }

  /** Does to savepoints what `statement` says about transactions; false for any other statement. */
  control(statement: SqlStatement): boolean {
    switch (statement.kind) {
      case "begin":
        if (this.#find("begin") >= 0) throw wrong("BEGIN inside BEGIN");
        this.#open("begin", "");
        return true;
      case "savepoint":
        if (statement.name === "") throw wrong("SAVEPOINT without a name");
        this.#open("savepoint", statement.name);
        return true;
      case "commit":
        this.#release(this.#opened("begin", "", statement.text));
        return true;
      case "release":
        this.#release(this.#opened("savepoint", statement.name, statement.text));
        return true;
      case "rollback":
        this.#undo(this.#opened("begin", "", statement.text));
        return true;
      case "rollback-to": {
        const index = this.#opened("savepoint", statement.name, statement.text);
        this.#undo(index);
        this.#open("savepoint", statement.name, true);
        return true;
      }
      default:
        return false;
    }
  }

  /** Opens a nested transaction inside `outer`. */
  begin(outer: Level): Level {
    return this.statement(outer, () => this.#open("nested", ""));
  }

  /** Ends a nested transaction whose work fulfilled. Throws, and undoes it, when a statement in it failed or was left open. */
  commit(level: Level): void {
    const refusal = this.refusal(level);
    if (refusal !== null) throw refusal;
    const failure = this.#failureFrom(this.#levels.indexOf(level));
    if (failure !== null) {
      this.rollBack(level);
      throw statementFailed(failure);
    }
    this.#release(this.#levels.indexOf(level));
  }

  /** Undoes a nested transaction whose work rejected. Nothing is left to undo when its surroundings have ended. */
  rollBack(level: Level): void {
    const index = this.#levels.indexOf(level);
    if (index > 0 && this.refusal() === null && !this.transaction.isLost) this.#undo(index);
  }

  /** Its work has settled: no statement begins any more. Those that are open may still fail it, until `settle`. */
  close(): void {
    this.#settled = true;
  }

  /** Ends the scope, once it was closed, with what its work was rejected with (or null). Answers with why it failed, or null. */
  settle(rejection: { reason: unknown } | null): { reason: unknown } | null {
    const ended = this.transaction.ended();
    if (ended !== null) return { reason: ended };
    const outcome = this.#outcome(rejection);
    if (this.#hasSavepoint && !this.transaction.isLost) {
      if (outcome !== null) this.transaction.savepoint("ROLLBACK TO", 0);
      this.transaction.savepoint("RELEASE", 0);
    } else if (outcome !== null) this.transaction.fail(outcome.reason);
    return outcome;
  }

  #outcome(rejection: { reason: unknown } | null): { reason: unknown } | null {
    if (this.#sharingEnded !== null) return { reason: this.#sharingEnded };
    const failure = this.#failureFrom(0);
    if (isThroughlineError(failure) && failure.retryable) return { reason: failure };
    if (rejection !== null) return rejection;
    return failure === null ? null : { reason: statementFailed(failure) };
  }

  /** What failed in the level at `index`, or in savepoints that stand open again in it; one that was never ended is a failure. */
  #failureFrom(index: number): unknown {
    const inside = this.#levels.slice(index + 1);
    const failed =
      this.#levels[index]?.failure ?? inside.find(({ isReopened, failure }) => isReopened && failure !== null)?.failure;
    return failed ?? (inside.every(({ isReopened }) => isReopened) ? null : leftOpen());
  }

  #open(opener: Level["opener"], name: string, isReopened = false): Level {
    if (this.overlaps) this.endOverlap("a nested transaction");
    const level: Level = { opener, name, isReopened, failure: null };
    this.transaction.savepoint("SAVEPOINT", this.#levels.length);
    this.#levels.push(level);
    return level;
  }

  #release(index: number): void {
    const failed = this.#levels.slice(index).find(({ failure }) => failure !== null);
    if (failed !== undefined) throw statementFailed(failed.failure);
    this.transaction.savepoint("RELEASE", index);
    this.#levels.length = index;
  }

  #undo(index: number): void {
    this.transaction.savepoint("ROLLBACK TO", index);
    this.transaction.savepoint("RELEASE", index);
    this.#levels.length = index;
  }

  /** Index of the level that SQL sent through the current `tx` opened, or -1. A nested transaction hides what is around it. */
  #find(opener: "begin" | "savepoint", name = ""): number {
    const index = this.#levels.findLastIndex((level) => level.opener === opener && level.name === name);
    return index > this.#levels.indexOf(this.current) ? index : -1;
  }

  #opened(opener: "begin" | "savepoint", name: string, text: string): number {
    const index = this.#find(opener, name);
    if (index < 0)
      throw wrong(
        `"${text}" ends a transaction that was not begun here; the store commits when the function returns, and rolls back when it throws`,
      );
    return index;
  }
}

function wrong(what: string): Error {
  return coreError("TX_STATEMENT_FAILED", { what });
}

function leftOpen(): Error {
  return wrong("a transaction begun inside it was not ended; await it, and send COMMIT or ROLLBACK for each BEGIN");
}

function statementFailed(failure: unknown): unknown {
  if (isThroughlineError(failure)) return failure;
  return coreError("TX_STATEMENT_FAILED", { what: failure instanceof Error ? failure.message : String(failure) }, failure);
}
