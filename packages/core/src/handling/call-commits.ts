import { crashPoint } from "../crash/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { Clock } from "../seams/runtime.ts";
import type { ParkedRow, ParkedSubject } from "../seams/store.ts";
import type { CallOutcome } from "./call-invocation.ts";
import { byStream } from "./call-leases.ts";
import { withoutOpenAttempt } from "./crash-rules.ts";
import { type Delivery, deliveryKey, type ParkedDelivery } from "./delivery.ts";
import { endSharing } from "./end-sharing.ts";
import { isInfrastructureFailure } from "./failure.ts";
import type { CallWork, HandlerState } from "./handler-state.ts";
import { type HandlerTransaction, type ReplayMode, TransactionAbandoned } from "./handler-transaction.ts";
import { handlerUnit } from "./handler-unit.ts";
import { waitFor } from "./retry-wait.ts";
import { parkedTransaction } from "./parked-transaction.ts";
import type { ServiceScope } from "./scope.ts";

const batchSize = 200;
/** Calls seldom end in one turn of the event loop: what ends within so long shares a transaction. */
const gatherMs = 1;

/** Settles when what ends about now has ended. */
export function gathering(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(gatherMs, resolve);
  });
}

interface Settled {
  readonly delivery: ParkedDelivery;
  readonly outcome: CallOutcome;
  readonly stored: () => void;
  readonly lost: (error: unknown) => void;
}

/**
 * Stores the outcomes of calls: `commit`, inbox row, position and publishes of an event in one transaction, which many events
 * share (R4). Outcomes that come while one is under way wait for the next. An event that somebody else answered meanwhile is
 * left alone: the first commit wins.
 */
export class CallCommits<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #work: CallWork<Tx>;
  readonly #areMoreToCome: () => boolean;
  readonly #replayOf: (row: ParkedSubject) => Promise<ReplayMode>;
  #waiting: Settled[] = [];
  #isRunning = false;

  constructor(
    scope: ServiceScope<Tx>,
    handler: HandlerState<Tx>,
    work: CallWork<Tx>,
    options: { replayOf: (row: ParkedSubject) => Promise<ReplayMode>; areMoreToCome: () => boolean },
  ) {
    this.#scope = scope;
    this.#handler = handler;
    this.#work = work;
    this.#replayOf = options.replayOf;
    this.#areMoreToCome = options.areMoreToCome;
  }

  /**
   * Settles when the outcome is stored; a store that is away is waited for. Rejects when the service must end before, or the
   * outcome cannot be stored.
   */
  store(delivery: ParkedDelivery, outcome: CallOutcome): Promise<void> {
    return new Promise((stored, lost) => {
      this.#waiting.push({ delivery, outcome, stored, lost });
      if (!this.#isRunning) void this.#storeAll();
    });
  }

  async #storeAll(): Promise<void> {
    this.#isRunning = true;
    // Those that come in the same turn of the event loop are here already.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#areMoreToCome()) await gathering(this.#scope.surroundings.clock);
      const batch = this.#waiting.splice(0, batchSize);
      for (const group of byStream(batch, ({ delivery }) => delivery.parked)) await this.#storeGroup(group, new Map());
    }
    this.#isRunning = false;
  }

  /** Stores what belongs together, in as many transactions as it takes; settles each. Never rejects. */
  async #storeGroup(group: readonly Settled[], failures: Map<string, unknown>): Promise<void> {
    let left = group;
    for (let failuresInARow = 0; left.length > 0;) {
      const { ownTransactions: alone, contention } = this.#handler;
      const batch = left.slice(0, alone ? 1 : contention.limit);
      try {
        const done = await this.#transact(batch, { savepoint: !alone, alone }, failures);
        for (const { stored } of left.slice(0, done)) stored();
        left = left.slice(done);
        failuresInARow = 0;
      } catch (error) {
        failuresInARow++;
        const reason = error instanceof TransactionAbandoned ? error.reason : error;
        // Without a culprit, COMMIT itself failed: the batch is halved until one stands alone.
        const culprit =
          error instanceof TransactionAbandoned ? keyOf(error.delivery) : batch.length === 1 ? keyOf(batch[0]?.delivery) : null;
        if (this.#scope.deadline.aborted) {
          for (const { lost } of left) lost(reason);
          return;
        }
        if (isThroughlineError(reason, "TX_SHARING_ENDED") && !alone) {
          await endSharing(this.#scope, this.#handler, "sharing", reason.message);
        } else if (isInfrastructureFailure(reason) || (culprit != null && failures.has(culprit))) {
          await waitFor(this.#scope.surroundings, Math.min(2_000, 10 * 2 ** Math.min(failuresInARow, 8)), this.#scope.deadline);
        } else if (culprit != null) {
          failures.set(culprit, reason);
        } else {
          const half = Math.ceil(batch.length / 2);
          await this.#storeGroup(left.slice(0, half), failures);
          left = left.slice(half);
        }
      }
    }
  }

  /** Stores outcomes in one transaction, within its time budget; returns how many. */
  async #transact(
    batch: readonly Settled[],
    mode: { savepoint: boolean; alone: boolean },
    failures: ReadonlyMap<string, unknown>,
  ): Promise<number> {
    const { surroundings, settings } = this.#scope;
    const first = (batch[0] as Settled).delivery.parked;
    const replay = await this.#replayOf(first);
    let transaction: HandlerTransaction<Tx> | undefined;
    let done = 0;
    try {
      await handlerUnit(this.#scope, this.#handler, batch, async (unit) => {
        transaction = parkedTransaction(this.#scope, this.#handler, unit, first, { mode, failures, replay });
        done = 0;
        const rows = await transaction.openRows(batch.map(({ delivery }) => delivery.parked));
        const endsAt = surroundings.clock.monotonic() + settings.transactionBudgetMs;
        for (const settled of batch) {
          if (done > 0 && surroundings.clock.monotonic() > endsAt) break;
          const row = rows.get(settled.delivery.parked.id)?.parked;
          if (row !== undefined && row.state === "waiting") await this.#book(transaction, settled, row, failures);
          done++;
        }
        await transaction.finish();
        crashPoint("call.before-commit");
      });
    } catch (error) {
      transaction?.writes.rolledBack();
      throw error;
    }
    crashPoint("call.after-commit");
    transaction?.writes.committed();
    if ((transaction?.writes.outbox.length ?? 0) > 0) this.#scope.wakeRelay();
    return done;
  }

  async #book(
    transaction: HandlerTransaction<Tx>,
    { delivery, outcome }: Settled,
    row: ParkedRow,
    failures: ReadonlyMap<string, unknown>,
  ): Promise<void> {
    // Its lease ran out, and another instance calls now: what failed here may succeed there.
    if (outcome.kind === "failed" && isCalledElsewhere(row, delivery.parked)) return;
    const current: ParkedDelivery = { ...delivery, parked: withoutOpenAttempt(row) };
    // It may have been answered meanwhile, by a call that was made under an earlier lease.
    if ((await transaction.admit(current, { mayHold: false })) !== "run") return;
    const { commit } = this.#work;
    if (outcome.kind === "failed") transaction.fail(current, outcome.error, outcome.startedAtMs);
    else if (outcome.kind === "unreadable") await transaction.run(current);
    else if (commit === undefined && !failures.has(deliveryKey(delivery))) transaction.succeed(current, outcome.durationMicros);
    else await transaction.run(current, (context, event) => commit?.(outcome.result, event, context));
  }
}

const keyOf = (delivery: Delivery | null | undefined): string | null => (delivery ? deliveryKey(delivery) : null);

/** The attempt that is open now is not the one that was made here. */
function isCalledElsewhere(now: ParkedRow, called: ParkedRow): boolean {
  const [mine, theirs] = [called, now].map(({ attempts }) => attempts.findLast(({ endedAtMs }) => endedAtMs === null));
  return theirs !== undefined && (theirs.instance !== mine?.instance || theirs.startedAtMs !== mine.startedAtMs);
}
