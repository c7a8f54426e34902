import { crashPoint } from "../crash/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { WatchedLoop } from "../metrics/loop-watch.ts";
import type { ParkedRow, ParkedSubject } from "../seams/store.ts";
import { deathsIn } from "./crash-rules.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import { DrainWatch } from "./drain-watch.ts";
import { isInfrastructureFailure, maskedError } from "./failure.ts";
import { endSharing } from "./end-sharing.ts";
import type { HandlerLimit } from "./handler-limit.ts";
import type { HandlerState } from "./handler-state.ts";
import { type HandlerTransaction, type ReplayMode, TransactionAbandoned } from "./handler-transaction.ts";
import { handlerUnit } from "./handler-unit.ts";
import { logTimeOf } from "./log-time.ts";
import { LoneAttempts } from "./lone-attempts.ts";
import { personalValuesOfDelivery } from "./outcome-book.ts";
import { waitFor } from "./retry-wait.ts";
import { parkedTransaction } from "./parked-transaction.ts";
import type { ServiceScope } from "./scope.ts";
import { mostRows } from "./subject-states.ts";
import { Wakeup } from "./wakeup.ts";

const sweepMs = 1_000;
const lagPollMs = 100;
const batchSize = 200;
/** How many of a subject's events are read for one transaction: no more than it may run. */
const perSubject = 200;
const perSubjectAlone = 5;
/** After so many the other subjects have their turn. */
const mostTransactions = 20;

/**
 * Runs parked events when they are due, subject by subject, and lets gap deadlines pass. Woken after a commit that made some
 * due; a sweep finds what a crash or another process left. Every transaction holds the subject's lock, so that live events,
 * redrives and other drains of the same subject wait or stand behind.
 */
export class Drain<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handlers: () => readonly HandlerState<Tx>[];
  readonly #replayOf: (row: ParkedSubject) => Promise<ReplayMode>;
  readonly #wakeup: Wakeup;
  readonly #watch: WatchedLoop;
  readonly #lone: LoneAttempts<Tx>;
  /** Handlers whose due events are being run. */
  readonly #busy = new Map<number, Promise<void>>();
  /** Those among them for which something became due meanwhile. */
  readonly #again = new Set<number>();
  /** How often in a row their events could not be run. */
  readonly #failures = new Map<number, number>();
  #done: Promise<void> = Promise.resolve();
  #lookedAtMs = 0;
  /** A limit lets nothing parked run before; another limit in its place has nothing to do with it. */
  readonly #notBeforeMs = new WeakMap<HandlerLimit, number>();

  constructor(
    scope: ServiceScope<Tx>,
    options: { handlers: () => readonly HandlerState<Tx>[]; replayOf: (row: ParkedSubject) => Promise<ReplayMode> },
  ) {
    this.#scope = scope;
    this.#handlers = options.handlers;
    this.#replayOf = options.replayOf;
    this.#wakeup = new Wakeup(scope.surroundings.clock);
    this.#watch = scope.loops.loop("the drain of parked events");
    this.#lone = new LoneAttempts(scope, options);
  }

  start(signal: AbortSignal): void {
    this.#done = this.#loop(signal);
  }

  wake(): void {
    for (const id of this.#busy.keys()) this.#again.add(id);
    this.#wakeup.wake();
  }

  async close(): Promise<void> {
    await this.#done;
    await Promise.all(this.#busy.values());
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { surroundings, logger } = this.#scope;
    let failures = 0;
    while (!signal.aborted) {
      this.#watch.turn();
      try {
        const didWork = (await this.#startDue(signal)) || (await this.#expireDeadlines(signal));
        failures = 0;
        if (!didWork) await this.#wakeup.next(await this.#untilNextDue(), signal);
      } catch (error) {
        failures++;
        if (!isInfrastructureFailure(error) || failures % 20 === 1)
          logger.warn({ err: error, failures }, "parked events cannot be run now; they are tried again");
        await waitFor(surroundings, Math.min(5_000, 20 * 2 ** Math.min(failures, 10)), signal);
      }
    }
    this.#watch.rest();
  }

  /** Handlers whose parked events are run here; those of a `call` are run by their call runner. */
  #own(): Map<number, HandlerState<Tx>> {
    const handlers = this.#handlers().filter((handler) => handler.problem === null && !this.#isPaused(handler));
    return new Map(handlers.map((handler) => [handler.id, handler]));
  }

  async #untilNextDue(): Promise<number> {
    const nowMs = this.#scope.surroundings.clock.now();
    const handlers = this.#own();
    const own = [...handlers.keys()];
    const turns = [...handlers.values()].map(({ guards }) => guards.breaker.untilTurn("parked")).filter((ms) => ms > 0);
    const [dueAtMs, deadline] = await this.#scope.store.unitOfWork(
      async (unit) => [await unit.parked.nextDueMs(own, this.#lookedAtMs), (await unit.parked.withDeadline(own, 1))[0]],
      { readOnly: true },
    );
    // Log time is never ahead of the clock; where it lags, it is asked again after a while.
    const logDueMs = deadline?.logDueMs == null ? null : Math.max(deadline.logDueMs, nowMs + lagPollMs);
    const limitedMs = [...handlers.values()].map((handler) => this.#limitedMs(handler, nowMs)).filter((ms) => ms > 0);
    const dueMs = [dueAtMs, logDueMs].map((atMs) => (atMs ?? Infinity) - nowMs);
    return Math.max(1, Math.min(sweepMs, ...turns, ...limitedMs, ...dueMs));
  }

  /** Begins to run what is due: each handler's for itself, so that one that is slow or in trouble holds up no other. */
  async #startDue(signal: AbortSignal): Promise<boolean> {
    const handlers = this.#own();
    const nowMs = this.#scope.surroundings.clock.now();
    const drained = [...handlers]
      .filter(([id, handler]) => handler.spec.work.kind !== "call" && !this.#busy.has(id) && this.#mayRun(handler))
      .map(([id]) => id);
    this.#lookedAtMs = nowMs;
    const isOpen = (id: number): boolean => handlers.get(id)?.guards.breaker.isOpen ?? false;
    const free = drained.filter((id) => !isOpen(id));
    const { due, probes } = await this.#scope.store.unitOfWork(
      async (unit) => ({
        due: await unit.parked.due(free, nowMs, batchSize),
        probes: await Promise.all(drained.filter(isOpen).map((id) => unit.parked.due([id], nowMs, 1))),
      }),
      { readOnly: true },
    );
    const isFull = due.length === batchSize;
    for (const [id, rows] of Map.groupBy([...due, ...probes.flat()], ({ handlerId }) => handlerId)) {
      const handler = handlers.get(id);
      if (handler !== undefined) this.#busy.set(id, this.#pass(handler, rows, { isFull, signal }));
    }
    return isFull;
  }

  /** Never rejects. */
  async #pass(
    handler: HandlerState<Tx>,
    rows: readonly ParkedRow[],
    { isFull, signal }: { isFull: boolean; signal: AbortSignal },
  ): Promise<void> {
    const { surroundings, logger } = this.#scope;
    const { id } = handler;
    try {
      await this.#runRound(handler, rows, signal);
      this.#failures.delete(id);
    } catch (error) {
      const failures = (this.#failures.get(id) ?? 0) + 1;
      this.#failures.set(id, failures);
      if (!isInfrastructureFailure(error) || failures % 20 === 1)
        logger.warn(
          { handler: handler.spec.name, err: error, failures },
          "parked events cannot be run now; they are tried again",
        );
      await waitFor(surroundings, Math.min(5_000, 20 * 2 ** Math.min(failures, 10)), signal);
      this.#again.add(id);
    }
    this.#busy.delete(id);
    if (this.#again.delete(id) || isFull) this.#wakeup.wake();
  }

  async #runRound(handler: HandlerState<Tx>, rows: readonly ParkedRow[], signal: AbortSignal): Promise<void> {
    const round = new DrainWatch(this.#scope, String(handler.id));
    await round.begin();
    let isWhole = false;
    try {
      isWhole = await this.#runRows(handler, rows, { round, signal });
    } finally {
      await round.end({ isWhole });
    }
  }

  /** False when it left some for later. */
  async #runRows(
    handler: HandlerState<Tx>,
    rows: readonly ParkedRow[],
    { round, signal }: { round: DrainWatch<Tx>; signal: AbortSignal },
  ): Promise<boolean> {
    let isWhole = true;
    const seen = new Set<string>();
    const { breaker } = handler.guards;
    for (const row of rows) {
      const id = row.subject === "" ? row.id : `${row.epoch}/${row.stream}/${row.subject}`;
      if (seen.has(id)) continue;
      seen.add(id);
      if (signal.aborted || !this.#mayRun(handler) || breaker.untilTurn("parked") > 0) {
        isWhole = false;
        continue;
      }
      breaker.takeTurn("parked");
      await this.#runNext(handler, row, round);
      await round.goOn();
    }
    return isWhole;
  }

  #isPaused({ controls }: HandlerState<Tx>): boolean {
    return controls.pausedAt(this.#scope.surroundings.clock.now()) !== null;
  }

  /** Asked again before each subject: on call may have paused it, and a limit may be used up. */
  #mayRun(handler: HandlerState<Tx>): boolean {
    return this.#limitedMs(handler, this.#scope.surroundings.clock.now()) <= 0 && !this.#isPaused(handler);
  }

  /** For how long a limit lets nothing parked run. */
  #limitedMs({ controls }: HandlerState<Tx>, nowMs: number): number {
    const limit = controls.limitAt(nowMs);
    return limit === null ? 0 : (this.#notBeforeMs.get(limit) ?? nowMs) - nowMs;
  }

  /** Beside other handlers; or alone, where processes died while they ran parked events, this one or one that nobody knows. */
  #runNext(handler: HandlerState<Tx>, row: ParkedRow, round: DrainWatch<Tx>): Promise<void> {
    const isSuspect = round.isCareful || deathsIn(row, this.#scope.life).deaths > 0;
    const run = (only: { taken?: string }, current: ParkedRow): Promise<void> => {
      this.#watch.turn();
      return this.#runSubject(handler, current, only);
    };
    // It may have to wait for one that runs alone, or for all others: that is nothing that is stuck.
    this.#watch.rest();
    if (!isSuspect) return this.#scope.gate.shared(() => run({}, row));
    return this.#lone.run(handler, row, (taken) => run({ taken: taken.id }, taken));
  }

  /**
   * Runs what may run of one subject; again, when there is more, and when a culprit must be left out or run alone.
   * @param only.taken Runs only this event, whose attempt was committed before.
   */
  async #runSubject(handler: HandlerState<Tx>, row: ParkedRow, only: { taken?: string } = {}): Promise<void> {
    const failures = new Map<string, unknown>();
    const { breaker } = handler.guards;
    let isOneByOne = breaker.isOpen || only.taken !== undefined;
    for (let transactions = 1; ;) {
      const ran: Delivery[] = [];
      try {
        const hasMore = await this.#transact(handler, row, { failures, ran, isOneByOne, ...only });
        if (!hasMore || only.taken !== undefined || breaker.isOpen || !this.#mayRun(handler)) return;
        if (this.#scope.closing.aborted || ++transactions > mostTransactions) return;
      } catch (error) {
        const reason = error instanceof TransactionAbandoned ? error.reason : error;
        // Without an owner, COMMIT itself failed (a deferred constraint): only one that ran alone can be told to be the cause.
        const culprit =
          error instanceof TransactionAbandoned ? (error.delivery ?? undefined) : ran.length === 1 ? ran[0] : undefined;
        const told = (): unknown =>
          ran.reduce((so, delivery) => maskedError(so, personalValuesOfDelivery(handler.spec, delivery)), reason);
        if (this.#scope.deadline.aborted) throw told();
        if (isThroughlineError(reason, "TX_SHARING_ENDED") && !handler.ownTransactions) {
          await endSharing(this.#scope, handler, "sharing", reason.message);
        } else if (isInfrastructureFailure(reason)) {
          throw reason;
        } else if (culprit !== undefined && !failures.has(deliveryKey(culprit))) {
          failures.set(deliveryKey(culprit), reason);
        } else if (culprit === undefined && ran.length > 1) {
          isOneByOne = true;
        } else {
          throw told();
        }
      }
    }
  }

  /** True when it ended before the subject's queue did. */
  async #transact(
    handler: HandlerState<Tx>,
    first: ParkedRow,
    {
      failures,
      ran,
      isOneByOne,
      ...only
    }: { failures: ReadonlyMap<string, unknown>; ran: Delivery[]; isOneByOne: boolean; taken?: string },
  ): Promise<boolean> {
    const { surroundings, settings } = this.#scope;
    const alone = handler.ownTransactions;
    const replay = await this.#replayOf(first);
    const limit = handler.controls.limitAt(surroundings.clock.now());
    const atOnce = Math.min(alone || isOneByOne ? 1 : (limit?.step ?? perSubject), handler.contention.limit);
    const read = atOnce === 1 ? perSubjectAlone : perSubject;
    let hasMore = false;
    let transaction: HandlerTransaction<Tx> | undefined;
    try {
      await handlerUnit(this.#scope, handler, ran, async (unit) => {
        const mode = { savepoint: !alone, alone };
        transaction = parkedTransaction(this.#scope, handler, unit, first, { mode, replay, failures, ...only });
        const endsAt = surroundings.clock.monotonic() + settings.transactionBudgetMs;
        const queue = await transaction.open(first, read);
        for (const [index, delivery] of queue.entries()) {
          const admission = await transaction.admit(delivery);
          if (admission === "stop") {
            hasMore = false;
            break;
          }
          if (admission === "run") {
            ran.push(delivery);
            await transaction.run(delivery);
          }
          hasMore = queue.length === read || index < queue.length - 1;
          if (ran.length >= atOnce || surroundings.clock.monotonic() > endsAt) break;
        }
        await transaction.finish();
        crashPoint("drain.before-commit");
      });
    } catch (error) {
      transaction?.writes.rolledBack();
      // Whether it committed is read from the rows themselves at the next look.
      if (!isThroughlineError(error, "COMMIT_UNKNOWN")) throw error;
      this.#wakeup.wake();
      return false;
    }
    crashPoint("drain.after-commit");
    transaction?.writes.committed();
    if (limit !== null) this.#notBeforeMs.set(limit, await limit.book(ran.length));
    if ((transaction?.writes.outbox.length ?? 0) > 0) this.#scope.wakeRelay();
    if (transaction?.writes.wakesDrain) this.#scope.wakeDrain();
    return hasMore;
  }

  /** Lets go of events whose missing predecessor did not come in (log) time. */
  async #expireDeadlines(signal: AbortSignal): Promise<boolean> {
    let didWork = false;
    const logTimes = new Map<string, number>();
    // Each handler by itself: one that lags must not keep the others' from being looked at.
    for (const [id, handler] of this.#own()) {
      const waiting = await this.#scope.store.unitOfWork((unit) => unit.parked.withDeadline([id], batchSize), { readOnly: true });
      for (const row of waiting) {
        if (row.logDueMs === null || signal.aborted) continue;
        const stream = `${id}/${row.epoch}/${row.stream}`;
        const logTimeMs = logTimes.get(stream) ?? (await logTimeOf(this.#scope, row));
        logTimes.set(stream, logTimeMs);
        if (logTimeMs >= row.logDueMs) didWork = (await this.#expire(handler, row)) || didWork;
      }
    }
    return didWork;
  }

  /** True when it changed anything. */
  async #expire(handler: HandlerState<Tx>, row: ParkedRow): Promise<boolean> {
    const replay = await this.#replayOf(row);
    let transaction: HandlerTransaction<Tx> | undefined;
    await this.#scope.store.unitOfWork(async (unit) => {
      transaction = parkedTransaction(this.#scope, handler, unit, row, { replay });
      const fresh = (await transaction.open(row, mostRows)).find(({ parked }) => parked.id === row.id);
      if (fresh !== undefined) await transaction.answers.expire(fresh);
      await transaction.finish();
      crashPoint("drain.before-deadline-commit");
    });
    crashPoint("drain.after-deadline-commit");
    transaction?.writes.committed();
    this.#scope.wakeRelay();
    this.#scope.wakeDrain();
    return transaction !== undefined && transaction.writes.hasChanged;
  }
}
