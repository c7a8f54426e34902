import { crashPoint } from "../crash/index.ts";
import { wantedWriters } from "../encoding/wanted-writers.ts";
import type { WatchedLoop } from "../metrics/loop-watch.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { CursorKey, CursorRow, UnitOfWork } from "../seams/store.ts";
import { BatchPolicy, type NextStep } from "./batch-policy.ts";
import type { BatchRun } from "./batch-run.ts";
import type { Delivery } from "./delivery.ts";
import { endSharing } from "./end-sharing.ts";
import type { HandlerLimit } from "./handler-limit.ts";
import type { HandlerState } from "./handler-state.ts";
import { handlerUnit } from "./handler-unit.ts";
import {
  HandlerTransaction,
  liveMode,
  type ReplayMode,
  TransactionAbandoned,
  type TransactionMode,
} from "./handler-transaction.ts";
import { ReadAhead } from "./read-ahead.ts";
import { ClaimLost, LaneClaim } from "./lane-claim.ts";
import { overlappingRun } from "./overlapping-run.ts";
import type { PartitionLane } from "./partition-reader.ts";
import type { ReadingGrant } from "./reading-gate.ts";
import type { ReplayPace } from "./replay-pace.ts";
import type { ReceiptReporter } from "./receipt-reporter.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";
import { setBasedRun } from "./set-based-run.ts";
import { sharedRun } from "./shared-run.ts";
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
  /** What on call allows the handler; it holds for live and replayed events alike. */
  readonly limit: HandlerLimit | null;
  /** Nothing of the stream lies before where its run began. */
  readonly seesWhole: boolean;
}

export const liveWork: Omit<LaneWork, "seesWhole" | "limit"> = { accepts: () => true, replay: liveMode, pace: null };

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
  readonly #policy: BatchPolicy<Tx>;
  /** How long the events of the last transaction took. */
  #elapsedMs = 0;
  readonly #claim: LaneClaim<Tx>;
  readonly #ahead: ReadAhead<Tx>;
  readonly #watch: WatchedLoop;
  #offset: number;

  constructor(scope: ServiceScope<Tx>, handler: HandlerState<Tx>, cursor: CursorRow, work: LaneWork, receipts: ReceiptReporter) {
    this.#scope = scope;
    this.handler = handler;
    this.cursor = cursor;
    this.#work = work;
    this.#receipts = receipts;
    this.#offset = cursor.offset;
    // A slow replay moves in small steps, so that its rate is even; so does a handler with a limit.
    const largest = Math.min(scope.settings.maxBatchRecords, work.pace?.step ?? Infinity, work.limit?.step ?? Infinity);
    this.#policy = new BatchPolicy(handler, largest);
    this.#claim = new LaneClaim(scope, cursor);
    this.#ahead = new ReadAhead(handler.spec);
    this.#watch = scope.loops.loop(`handler "${handler.spec.name}" on ${cursor.topic}/${cursor.partition}`);
  }

  /** The next offset it will handle. */
  get offset(): number {
    return this.#offset;
  }

  /** Its limit makes it wait: it must not hold up the others of a shared reader. */
  get isPaced(): boolean {
    return this.#work.limit !== null;
  }

  /** A rerun ends here. */
  get isDone(): boolean {
    return this.cursor.untilOffset !== null && this.#offset >= this.cursor.untilOffset;
  }

  /** Retention removed `count` records before they were read here: a live handler stops, a replay of the past goes on. */
  lost(count: number): "stop" | "go-on" {
    const { topic, partition, epoch } = this.cursor;
    const lost = { kind: "records-lost", reader: this.handler.spec.name, topic, partition, count } as const;
    const problem = describeStartProblem(lost, this.#scope.identity.service);
    this.#scope.logger.error({ handler: this.handler.spec.name, epoch }, problem);
    if (this.cursor.untilOffset !== null) return "go-on";
    this.handler.problems.set(topic, problem);
    return "stop";
  }

  /**
   * Handles what is at or after its cursor and before `offered`; settles when its cursor stands there, or `signal` aborts.
   * A store that is away is waited for: no attempt is spent, nothing is skipped. Settles earlier while its handler may take
   * nothing (`untilOpen`).
   */
  async take(deliveries: readonly Delivery[], offered: number, signal: AbortSignal): Promise<void> {
    const nextOffset = Math.min(offered, this.cursor.untilOffset ?? offered);
    const start = this.#offset;
    this.#policy.begin();
    // Leave that was given for events is kept until they are done, however often their transaction must be run again.
    let grant: ReadingGrant | null = null;
    try {
      while (this.#offset < nextOffset && !signal.aborted) {
        this.#watch.turn();
        const left = deliveries.filter(({ record }) => record.offset >= this.#offset && record.offset < nextOffset);
        const { mode } = this.#policy;
        let batch: Delivery[] = [];
        try {
          if (left.length > 0) await this.#claim.take();
          await this.#findWriters(left);
          const offer = left.slice(0, this.#claim.isCareful ? 1 : this.#policy.size);
          grant ??= await this.handler.guards.gate.admit(offer);
          if (grant === null) return;
          batch = offer.slice(0, grant.records);
          const until = left[batch.length]?.record.offset ?? nextOffset;
          grant.done(await this.#run(batch, () => this.#transact(batch, until, mode, signal)));
          grant = null;
          this.#policy.succeeded({
            records: batch.length,
            elapsedMs: this.#elapsedMs,
            budgetMs: this.#scope.settings.transactionBudgetMs,
          });
          await this.#pace(batch, signal);
        } catch (error) {
          if (error instanceof ClaimLost) return;
          if (error instanceof CursorMoved) {
            if (error.offset === null) return;
            this.#offset = error.offset;
            this.#receipts.found(this.cursor, error.offset);
            // Back in time (a restored store): what lies between was not offered here.
            if (error.offset < start) return;
          } else {
            await this.#recover(this.#policy.failed(error, batch, mode), error, signal);
          }
        }
      }
    } finally {
      grant?.done(0);
      this.#watch.rest();
    }
  }

  /** Encoded events are read with the schema that each was written with: one that is new here is looked up before their transaction. */
  async #findWriters(deliveries: readonly Delivery[]): Promise<void> {
    const { schemas, contracts } = this.handler.spec;
    if (schemas === null) return;
    const wanted = wantedWriters(
      contracts,
      deliveries.map(({ event }) => event),
      schemas,
    );
    if (wanted.size > 0) await schemas.find(wanted);
  }

  /** Beside other handlers; or alone where owners of this cursor have died, for one of its events may be the cause. */
  #run(batch: readonly Delivery[], transact: () => Promise<number>): Promise<number> {
    const [first] = batch;
    const run = (): ReturnType<typeof transact> => {
      this.#watch.turn();
      return transact();
    };
    // It may have to wait for one that runs alone, or for all others: that is nothing that is stuck.
    this.#watch.rest();
    if (first === undefined || !this.#claim.isCareful) return this.#scope.gate.shared(run);
    const verdict = this.#claim.verdictOn(first.record);
    if (verdict === null) return this.#claim.alone(first.record, run);
    this.#policy.condemn(first, verdict);
    return this.#scope.gate.shared(run);
  }

  untilOpen(signal: AbortSignal): Promise<void> {
    return this.handler.guards.gate.untilOpen(signal);
  }

  /** Takes no more; its owner lives. */
  async close(): Promise<void> {
    this.#receipts.closed(this.cursor);
    try {
      await this.#claim.giveBack(this.#offset);
    } catch (error) {
      this.#scope.logger.debug({ handler: this.handler.spec.name, err: error }, "a claim on a cursor could not be given back");
    }
  }

  async #recover(step: NextStep, error: unknown, signal: AbortSignal): Promise<void> {
    const reason = error instanceof TransactionAbandoned ? error.reason : error;
    if (step === "end-overlap") await endSharing(this.#scope, this.handler, "overlap", (reason as Error).message);
    else if (step === "end-sharing") await endSharing(this.#scope, this.handler, "sharing", (reason as Error).message);
    else if (step === "wait-for-others") await waitFor(this.#scope.surroundings, 2, signal);
    else if (step === "wait-for-store") {
      this.#scope.logger.warn({ handler: this.handler.spec.name, err: reason }, "the store is away; this partition waits for it");
      await waitFor(this.#scope.surroundings, Math.min(5_000, 50 * 2 ** Math.min(this.#policy.failuresInARow, 10)), signal);
    }
  }

  /** Returns how many events it parked. */
  async #transact(batch: readonly Delivery[], until: number, mode: TransactionMode, signal: AbortSignal): Promise<number> {
    const { surroundings, settings } = this.#scope;
    const { clock } = surroundings;
    const key: CursorKey = this.cursor;
    const from = this.#offset;
    let transaction: HandlerTransaction<Tx> | undefined;
    let to = until;
    const accepted = batch.filter(this.#work.accepts);
    // A call only parks its events. Where one transaction has the store to itself, nothing is won.
    const { kind } = this.handler.spec.work;
    if (kind !== "call" && this.#scope.store.features.concurrentWriters) this.#ahead.read(accepted);
    try {
      await handlerUnit(this.#scope, this.handler, batch, async (unit) => {
        const begun = this.#begin(unit, mode);
        const [cursor] = await Promise.all([
          unit.cursors.lock(key),
          begun.prepare(accepted, { seesWhole: this.#work.seesWhole }),
        ]);
        if (cursor?.offset !== from) throw new CursorMoved(cursor?.offset ?? null);
        transaction = begun;
        const startedAt = clock.monotonic();
        const mayBegin = (): boolean => !signal.aborted && begun.moment() - startedAt <= settings.transactionBudgetMs;
        const left = await this.#runIn(mode)(begun, { deliveries: accepted, mayBegin });
        this.#elapsedMs = clock.monotonic() - startedAt;
        to = left?.record.offset ?? until;
        const logTimeMs = newestTime(batch, to, cursor.logTimeMs);
        const [isMoved] = await Promise.all([unit.cursors.move(key, from, to, logTimeMs), begun.finish()]);
        if (!isMoved) throw new CursorMoved(null);
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
    return transaction?.writes.parkedRows ?? 0;
  }

  #runIn({ alone, overlap }: TransactionMode): BatchRun {
    const { work } = this.handler.spec;
    if (work.kind === "batch") return setBasedRun({ manyPerSubject: work.manyPerSubject, isAlone: alone });
    return overlap === true ? overlappingRun : sharedRun;
  }

  #begin(unit: UnitOfWork<Tx>, mode: TransactionMode): HandlerTransaction<Tx> {
    const { handlerId, epoch, topic } = this.cursor;
    return new HandlerTransaction({
      scope: this.#scope,
      handler: this.handler,
      run: { handlerId, epoch },
      stream: topic,
      unit,
      mode,
      replay: this.#work.replay,
      failures: this.#policy.failures,
      ahead: this.#ahead,
    });
  }

  #afterCommit(transaction: HandlerTransaction<Tx> | undefined, from: number, to: number): void {
    if (transaction === undefined) return;
    transaction.writes.committed();
    this.#receipts.add(this.handler.spec.name, this.cursor, from, to, transaction.writes.applied);
    if (transaction.writes.outbox.length > 0) this.#scope.wakeRelay();
    if (transaction.writes.wakesDrain) this.#scope.wakeDrain();
  }

  /** Holds a replay, and a limited handler, to its rate. */
  async #pace(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const { pace, limit, replay, accepts } = this.#work;
    if (pace === null && limit === null) return;
    this.#watch.rest();
    const { contracts } = this.handler.spec;
    const handled = batch.filter(
      (delivery) => delivery.record.offset < this.#offset && accepts(delivery) && contracts.has(delivery.type ?? ""),
    );
    await limit?.spend(handled.length, signal);
    await pace?.spend(handled.filter(replay.isHistory).length, signal);
  }

  /** False, too, when the store does not say: then the next transaction finds that the cursor has moved. */
  async #didCommit(key: CursorKey, to: number): Promise<boolean> {
    const cursor = await this.#scope.store.unitOfWork((unit) => unit.cursors.lock(key)).catch(() => null);
    return cursor !== null && cursor.offset >= to;
  }
}

/** Log time after the records before `to`. */
function newestTime(batch: readonly Delivery[], to: number, before: number): number {
  return batch.reduce((newest, { record }) => (record.offset < to ? Math.max(newest, record.timestampMs) : newest), before);
}
