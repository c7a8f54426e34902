import { crashPoint } from "../crash/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { CursorKey, CursorRow, UnitOfWork } from "../seams/store.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import { isInfrastructureFailure } from "./failure.ts";
import type { HandlerState } from "./handler-state.ts";
import { HandlerTransaction, liveMode, type ReplayMode, TransactionAbandoned } from "./handler-transaction.ts";
import type { PartitionLane } from "./partition-reader.ts";
import type { ReplayPace } from "./replay-pace.ts";
import type { ReceiptReporter } from "./receipt-reporter.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";
import { describeStartProblem } from "./start-cursors.ts";

/** Another transaction moved the cursor: what was read here was handled there. */
class CursorMoved extends Error {
  readonly offset: number | null;

  constructor(offset: number | null) {
    super("the cursor was moved by another owner of the partition");
    this.offset = offset;
  }
}

/** What a lane does with the events it is given, inside its transaction. */
export interface LaneWork {
  /** Filters a rerun; events that it refuses only move the cursor. */
  readonly accepts: (delivery: Delivery) => boolean;
  readonly replay: ReplayMode;
  /** What replayed events cost; null is as fast as it goes. What is live is never held back. */
  readonly pace: ReplayPace | null;
  /** Nothing of the stream lies before where its run began. */
  readonly seesWhole: boolean;
}

export const liveWork: Omit<LaneWork, "seesWhole"> = { accepts: () => true, replay: liveMode, pace: null };

/**
 * One run of one handler on one partition, and its cursor. Whatever feeds it (the shared reader or a catch-up reader), it
 * takes an event when the event's offset is its cursor's, and moves the cursor in the transaction of the effects, by
 * compare-and-set. So it does not matter who feeds it, how often, or whether another process believes it owns the partition.
 */
export class Lane<Tx> implements PartitionLane {
  readonly handler: HandlerState<Tx>;
  readonly cursor: CursorRow;
  readonly #scope: ServiceScope<Tx>;
  readonly #work: LaneWork;
  readonly #receipts: ReceiptReporter;
  #offset: number;
  #limit: number;
  readonly #largest: number;

  constructor(scope: ServiceScope<Tx>, handler: HandlerState<Tx>, cursor: CursorRow, work: LaneWork, receipts: ReceiptReporter) {
    this.#scope = scope;
    this.handler = handler;
    this.cursor = cursor;
    this.#work = work;
    this.#receipts = receipts;
    this.#offset = cursor.offset;
    // A slow replay moves in small steps, so that its rate is even.
    const { maxBatchRecords } = scope.settings;
    this.#limit = work.pace === null ? maxBatchRecords : Math.min(maxBatchRecords, work.pace.step);
    this.#largest = this.#limit;
  }

  /** The next offset it will handle. */
  get offset(): number {
    return this.#offset;
  }

  /** A rerun ends here. */
  get isDone(): boolean {
    return this.cursor.untilOffset !== null && this.#offset >= this.cursor.untilOffset;
  }

  /** Retention removed `count` records before they were read here: a live handler stops, a replay of the past goes on. */
  lost(count: number): "stop" | "go-on" {
    const { topic, partition, epoch } = this.cursor;
    const problem = describeStartProblem({ kind: "records-lost", reader: this.handler.spec.name, topic, partition, count });
    this.#scope.logger.error({ handler: this.handler.spec.name, epoch }, problem);
    if (this.cursor.untilOffset !== null) return "go-on";
    this.handler.problems.set(topic, problem);
    return "stop";
  }

  /**
   * Handles what is at or after its cursor and before `offered`; settles when its cursor stands there, or `signal` aborts.
   * A store that is away is waited for: no attempt is spent, nothing is skipped.
   */
  async take(deliveries: readonly Delivery[], offered: number, signal: AbortSignal): Promise<void> {
    const nextOffset = Math.min(offered, this.cursor.untilOffset ?? offered);
    const start = this.#offset;
    const failures = new Map<string, unknown>();
    let savepoint = false;
    let failuresInARow = 0;
    while (this.#offset < nextOffset && !signal.aborted) {
      const alone = this.handler.ownTransactions;
      const batch = deliveries
        .filter(({ record }) => record.offset >= this.#offset && record.offset < nextOffset)
        .slice(0, alone ? 1 : this.#limit);
      const last = batch.at(-1);
      const hasMore =
        last !== undefined && deliveries.some(({ record }) => record.offset > last.record.offset && record.offset < nextOffset);
      const until = hasMore ? last.record.offset + 1 : nextOffset;
      try {
        await this.#transact(batch, until, { savepoint: savepoint && !alone, alone }, failures, signal);
        savepoint = false;
        failuresInARow = 0;
        this.#limit = Math.min(this.#largest, this.#limit * 2);
        await this.#pace(batch, signal);
      } catch (error) {
        failuresInARow++;
        if (error instanceof CursorMoved) {
          if (error.offset === null) return;
          this.#offset = error.offset;
          // Back in time (a restored store): what lies between was not offered here.
          if (error.offset < start) return;
        } else if (error instanceof TransactionAbandoned) {
          // What failed as the only event of its transaction stands out already: it need not run again to be told from others.
          const standsOut = savepoint || batch.length === 1;
          savepoint = await this.#afterAbandoned(error, { savepoint: standsOut, alone }, failures, failuresInARow, signal);
        } else if (isInfrastructureFailure(error)) {
          await this.#waitForStore(error, failuresInARow, signal);
        } else if (batch.length > 1) {
          this.#limit = Math.max(1, Math.floor(Math.min(batch.length, this.#limit) / 2));
        } else {
          const [only] = batch;
          // COMMIT itself failed (a deferred constraint), and only one event can be the cause; unless it fails without it, too.
          if (only === undefined || failures.has(deliveryKey(only))) await this.#waitForStore(error, failuresInARow, signal);
          else failures.set(deliveryKey(only), error);
        }
      }
    }
  }

  /** Decides how the same events are run again: with savepoints, each alone, or without the one that ends transactions. */
  async #afterAbandoned(
    { delivery, reason }: TransactionAbandoned,
    mode: { savepoint: boolean; alone: boolean },
    failures: Map<string, unknown>,
    failuresInARow: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (isThroughlineError(reason, "TX_SHARING_ENDED") && !mode.alone) {
      await this.#endSharing(reason.message);
    } else if (isInfrastructureFailure(reason)) {
      await this.#waitForStore(reason, failuresInARow, signal);
    } else if (mode.savepoint || mode.alone || isThroughlineError(reason, "TX_TOO_LONG")) {
      failures.set(deliveryKey(delivery), reason);
    }
    return true;
  }

  async #transact(
    batch: readonly Delivery[],
    until: number,
    mode: { savepoint: boolean; alone: boolean },
    failures: ReadonlyMap<string, unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, surroundings, settings } = this.#scope;
    const key: CursorKey = this.cursor;
    const from = this.#offset;
    let transaction: HandlerTransaction<Tx> | undefined;
    let to = until;
    try {
      await store.unitOfWork(async (unit) => {
        const cursor = await unit.cursors.lock(key);
        if (cursor?.offset !== from) throw new CursorMoved(cursor?.offset ?? null);
        transaction = this.#begin(unit, mode, failures);
        const accepted = batch.filter(this.#work.accepts);
        await transaction.prepare(accepted, { seesWhole: this.#work.seesWhole });
        const endsAt = surroundings.clock.monotonic() + settings.transactionBudgetMs;
        let logTimeMs = cursor.logTimeMs;
        for (const [index, delivery] of batch.entries()) {
          if (index > 0 && (signal.aborted || surroundings.clock.monotonic() > endsAt)) {
            to = delivery.record.offset;
            break;
          }
          if (this.#work.accepts(delivery)) await transaction.take(delivery);
          logTimeMs = Math.max(logTimeMs, delivery.record.timestampMs);
        }
        await transaction.finish();
        if (!(await unit.cursors.move(key, from, to, logTimeMs))) throw new CursorMoved(null);
        crashPoint("lane.before-commit");
      });
    } catch (error) {
      if (!isThroughlineError(error, "COMMIT_UNKNOWN") || !(await this.#didCommit(key, to))) {
        transaction?.writes.rolledBack();
        throw error;
      }
    }
    crashPoint("lane.after-commit");
    this.#offset = to;
    this.#afterCommit(transaction, from, to);
  }

  #begin(
    unit: UnitOfWork<Tx>,
    mode: { savepoint: boolean; alone: boolean },
    failures: ReadonlyMap<string, unknown>,
  ): HandlerTransaction<Tx> {
    const { handlerId, epoch, topic } = this.cursor;
    return new HandlerTransaction({
      scope: this.#scope,
      handler: this.handler,
      run: { handlerId, epoch },
      stream: topic,
      unit,
      mode,
      replay: this.#work.replay,
      failures,
    });
  }

  #afterCommit(transaction: HandlerTransaction<Tx> | undefined, from: number, to: number): void {
    if (transaction === undefined) return;
    transaction.writes.committed();
    this.#receipts.add(this.handler.spec.name, this.cursor, from, to, transaction.writes.applied);
    if (transaction.writes.outbox.length > 0) this.#scope.wakeRelay();
    if (transaction.writes.wakesDrain) this.#scope.wakeDrain();
  }

  /** Holds a replay to its rate. */
  async #pace(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const { pace, replay, accepts } = this.#work;
    if (pace === null) return;
    const { contracts } = this.handler.spec;
    const replayed = batch.filter(
      (delivery) =>
        delivery.record.offset < this.#offset &&
        replay.isReplay(delivery) &&
        accepts(delivery) &&
        contracts.has(delivery.type ?? ""),
    ).length;
    await pace.spend(replayed, signal);
  }

  async #didCommit(key: CursorKey, to: number): Promise<boolean> {
    const cursor = await this.#scope.store.unitOfWork((unit) => unit.cursors.lock(key));
    return cursor !== null && cursor.offset >= to;
  }

  async #endSharing(why: string): Promise<void> {
    const { row, spec } = this.handler;
    this.handler.row = { ...row, ownTransactions: true };
    this.#scope.logger.warn({ handler: spec.name }, why);
    // If it cannot be remembered now, it ends again, and is remembered then.
    await this.#scope.store.unitOfWork((unit) => unit.handlers.save(this.handler.row)).catch(() => undefined);
  }

  async #waitForStore(error: unknown, failuresInARow: number, signal: AbortSignal): Promise<void> {
    const isConflict =
      isThroughlineError(error, "TX_CONFLICT") ||
      isThroughlineError(error, "INBOX_CONFLICT") ||
      isThroughlineError(error, "COMMIT_UNKNOWN");
    if (isConflict) this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    else
      this.#scope.logger.warn({ handler: this.handler.spec.name, err: error }, "the store is away; this partition waits for it");
    await waitFor(this.#scope.surroundings, isConflict ? 2 : Math.min(5_000, 50 * 2 ** Math.min(failuresInARow, 10)), signal);
  }
}
