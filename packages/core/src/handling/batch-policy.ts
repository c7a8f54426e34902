import { isThroughlineError } from "../errors/index.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import { isInfrastructureFailure } from "./failure.ts";
import type { HandlerState } from "./handler-state.ts";
import { type TransactionMode, TransactionAbandoned } from "./handler-transaction.ts";

/** What a lane does after a transaction that did not commit, before it runs the same events again. */
export type NextStep = "again" | "end-overlap" | "end-sharing" | "wait-for-store" | "wait-for-others";

/**
 * How a lane cuts what it is offered into transactions, from what came of those before (R4): many events in one until one
 * fails, then with savepoints, so that only the failing event stands out; smaller where a COMMIT or a set-based call fails, for
 * that has no owner until one event stands alone.
 */
export class BatchPolicy<Tx> {
  readonly #handler: HandlerState<Tx>;
  readonly #largest: number;
  #limit: number;
  #savepoint = false;
  /** A failure reruns what overlapped as shared. */
  #isShared = false;
  #failuresInARow = 0;
  #failures = new Map<string, unknown>();

  constructor(handler: HandlerState<Tx>, largest: number) {
    this.#handler = handler;
    this.#largest = largest;
    this.#limit = largest;
  }

  /** Begins with a new offer: what failed in the one before is parked. */
  begin(): void {
    this.#savepoint = false;
    this.#isShared = false;
    this.#failuresInARow = 0;
    this.#failures = new Map();
  }

  /** How many records the next transaction takes at most. */
  get size(): number {
    if (this.#handler.ownTransactions && !this.#isSetBased) return 1;
    return Math.min(this.#limit, this.#handler.contention.limit);
  }

  get mode(): TransactionMode {
    const alone = this.#handler.ownTransactions;
    if (this.#isSetBased) return { savepoint: false, alone };
    if (this.#handler.overlaps && !this.#isShared) return { savepoint: false, alone: false, overlap: true };
    return { savepoint: this.#savepoint && !alone, alone };
  }

  get #isSetBased(): boolean {
    return this.#handler.spec.work.kind === "batch";
  }

  /** Events that are known to end their transaction: they fail with this error without being run again. */
  get failures(): ReadonlyMap<string, unknown> {
    return this.#failures;
  }

  /** This event is not run: it fails with `error`. */
  condemn(delivery: Delivery, error: Error): void {
    this.#failures.set(deliveryKey(delivery), error);
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** @param spent What a transaction of `records` took of the time that it may. */
  succeeded(spent: { readonly records: number; readonly elapsedMs: number; readonly budgetMs: number }): void {
    this.#savepoint = false;
    this.#isShared = false;
    this.#failuresInARow = 0;
    this.#limit = Math.min(this.#largest, this.#isSetBased ? fitting(spent, this.#limit) : this.#limit * 2);
  }

  /** @param mode What the transaction was run with. */
  failed(error: unknown, batch: readonly Delivery[], mode: TransactionMode): NextStep {
    this.#failuresInARow++;
    if (error instanceof TransactionAbandoned) return this.#abandoned(error, batch, mode);
    if (isInfrastructureFailure(error)) return this.#waitsFor(error);
    if (batch.length > 1) return this.#halve(batch);
    const [only] = batch;
    // COMMIT itself failed (a deferred constraint), and only one event can be the cause; unless it fails without it, too.
    if (only === undefined || this.#failures.has(deliveryKey(only))) return "wait-for-store";
    this.#failures.set(deliveryKey(only), error);
    return "again";
  }

  /** The same events are run again: with savepoints, each alone, or without the one that ends transactions. */
  #abandoned({ delivery, reason }: TransactionAbandoned, batch: readonly Delivery[], mode: TransactionMode): NextStep {
    if (isThroughlineError(reason, "TX_OVERLAP_ENDED") && mode.overlap === true) return "end-overlap";
    if (isThroughlineError(reason, "TX_SHARING_ENDED") && !mode.alone) return "end-sharing";
    if (isInfrastructureFailure(reason)) return this.#waitsFor(reason);
    if (delivery === null) return this.#halve(batch);
    // What failed as the only event of its transaction stands out already: it need not run again to be told from others.
    const standsOut =
      mode.savepoint || mode.alone || batch.length === 1 || this.#isSetBased || isThroughlineError(reason, "TX_TOO_LONG");
    if (standsOut) this.#failures.set(deliveryKey(delivery), reason);
    this.#savepoint = true;
    this.#isShared = true;
    return "again";
  }

  #halve(batch: readonly Delivery[]): NextStep {
    this.#limit = half(Math.min(batch.length, this.#limit));
    return "again";
  }

  #waitsFor(error: unknown): NextStep {
    // What is to be done about it is the handler's, and not this lane's: see `Contention`.
    if (isThroughlineError(error, "TX_CONFLICT")) return "wait-for-others";
    if (!isThroughlineError(error, "INBOX_CONFLICT") && !isThroughlineError(error, "COMMIT_UNKNOWN")) return "wait-for-store";
    this.#limit = half(this.#limit);
    return "wait-for-others";
  }
}

/** A set-based call cannot be cut short: its transaction's size is what fits into the time that it may take. */
function fitting({ records, elapsedMs, budgetMs }: Parameters<BatchPolicy<unknown>["succeeded"]>[0], limit: number): number {
  if (elapsedMs > budgetMs) return Math.max(1, Math.floor((records * budgetMs) / elapsedMs));
  return elapsedMs * 2 > budgetMs ? limit : limit * 2;
}

const half = (size: number): number => Math.max(1, Math.floor(size / 2));
