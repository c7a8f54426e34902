import { isThroughlineError } from "../errors/index.ts";
import type { ParkedRow, Run, UnitOfWork } from "../seams/store.ts";
import { withoutOpenAttempt } from "./crash-rules.ts";
import { DeliveryDecisions } from "./delivery-decisions.ts";
import { type Delivery, deliveryKey, type ParkedDelivery, subjectOf } from "./delivery.ts";
import { isInfrastructureFailure } from "./failure.ts";
import { invokeAlone, invokeBatch } from "./batch-invocation.ts";
import { type Claim, type Commit, invoke, type InvocationResult } from "./handler-invocation.ts";
import type { HandlerState } from "./handler-state.ts";
import { afterwards, type MaybePromise } from "./maybe-promise.ts";
import type { OrderDecision } from "./order-decision.ts";
import { contractData, OutcomeBook } from "./outcome-book.ts";
import { ParkedAnswers } from "./parked-answers.ts";
import { ParkedAttempts } from "./parked-attempts.ts";
import type { ReadAhead } from "./read-ahead.ts";
import type { ServiceScope } from "./scope.ts";
import { SubjectStates } from "./subject-states.ts";
import { TransactionWrites } from "./transaction-writes.ts";

export interface TransactionMode {
  /** Undo only the failing event. */
  readonly savepoint: boolean;
  /** This transaction serves one event alone. */
  readonly alone: boolean;
  /** Handlers of different subjects run at once. */
  readonly overlap?: boolean;
}

/** How a run through history differs from live; see R8. */
export interface ReplayMode {
  /** It belongs to the range that the replay reads at its rate. */
  readonly isHistory: (delivery: Delivery) => boolean;
  /** The handler had handled it before: it calls and publishes again only where that was asked for. */
  readonly isReplay: (delivery: Delivery) => boolean;
  readonly publishes: boolean;
}

export const liveMode: ReplayMode = { isHistory: () => false, isReplay: () => false, publishes: true };

/**
 * The handler failed in a way that only giving up the whole transaction undoes; `delivery` is the culprit, or null when it ran
 * on several events and any of them may be.
 */
export class TransactionAbandoned extends Error {
  readonly delivery: Delivery | null;
  readonly reason: unknown;

  constructor(delivery: Delivery | null, reason: unknown) {
    super("the transaction was given up");
    this.delivery = delivery;
    this.reason = reason;
  }
}

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handler: HandlerState<Tx>;
  readonly run: Run;
  readonly stream: string;
  readonly unit: UnitOfWork<Tx>;
  readonly mode: TransactionMode;
  readonly replay: ReplayMode;
  /** Deliveries known to end the whole transaction: they fail with this error without being run again. */
  readonly failures: ReadonlyMap<string, unknown>;
  /** Where the data of live events is read from; default: their records. */
  readonly ahead?: ReadAhead<Tx>;
  /** The parked event whose attempt was committed before, for this transaction to give it its outcome. */
  readonly taken?: string;
}

/**
 * One transaction of one handler on one stream: the events that it runs, and everything that R3 commits with their effects.
 * Lanes (live), drains (parked), redrives and call commits all go through it. Use: `prepare` and `take` (live), or `open`, then
 * `admit` and `run` (parked) per event, then `finish`; after COMMIT `writes.committed()`, else `writes.rolledBack()`.
 */
export class HandlerTransaction<Tx> {
  readonly writes: TransactionWrites;
  readonly #setup: Setup<Tx>;
  readonly #known = new Set<string>();
  readonly #subjects: SubjectStates<Tx>;
  readonly #book: OutcomeBook<Tx>;
  /** What becomes of a parked event without its handler. */
  readonly answers: ParkedAnswers<Tx>;
  /** Attempts that begin and end in transactions of their own. */
  readonly attempts: ParkedAttempts<Tx>;
  #claimed = 0;
  readonly #decisions: DeliveryDecisions<Tx>;
  /** When the last run ended, until somebody asks. */
  #endedAt: number | null = null;

  constructor(setup: Setup<Tx>) {
    this.#setup = setup;
    const { scope, run, stream, unit } = setup;
    const { spec, metrics } = setup.handler;
    this.writes = new TransactionWrites(metrics);
    this.#subjects = new SubjectStates({ scope, spec, run, stream, unit, writes: this.writes });
    this.#decisions = new DeliveryDecisions({ ...setup, subjects: this.#subjects, known: this.#known });
    const { breaker } = setup.handler.guards;
    this.#book = new OutcomeBook({
      scope,
      spec,
      run,
      breaker,
      writes: this.writes,
      subjects: this.#subjects,
      known: this.#known,
    });
    this.answers = new ParkedAnswers({ scope, spec, subjects: this.#subjects, book: this.#book });
    this.attempts = new ParkedAttempts({ scope, spec, subjects: this.#subjects, book: this.#book, writes: this.writes });
  }

  get #spec() {
    return this.#setup.handler.spec;
  }

  /** Reads what the decisions about live events need, and takes those of their subjects' locks that nobody else holds. */
  async prepare(deliveries: readonly Delivery[], options: { seesWhole: boolean }): Promise<void> {
    const ordered = deliveries.filter((delivery) => this.#subjects.isOrdered(delivery));
    // Looked up after the locks were taken, in the order of the calls: whoever held one may have handled the same event just before.
    await Promise.all([this.#subjects.tryLoad(ordered, options), this.#findKnown(deliveries)]);
  }

  /**
   * Waits for the lock of a parked event's subject, then reads what stands in order there: all that waits, with this event, or
   * the event alone where it has no order. Nobody changes it before this transaction has ended.
   */
  async open(row: ParkedRow, limit: number): Promise<ParkedDelivery[]> {
    return (await this.openQueues([row], limit))[0] ?? [];
  }

  /** The same for many: a queue for each subject among them, and for each event without order. */
  async openQueues(rows: readonly ParkedRow[], limit: number): Promise<ParkedDelivery[][]> {
    const { subjects, ids } = await this.#lock(rows);
    const queues = (await this.#setup.unit.parked.find(ids)).map((row) => [row]);
    queues.push(...(await this.#subjects.read(subjects, limit, rows)));
    const { taken, scope } = this.#setup;
    const deliveries = queues.map((queue) =>
      queue.map((row) => scope.deliveries.parked(row.id === taken ? withoutOpenAttempt(row) : row)),
    );
    await this.#findKnown(deliveries.flat());
    return deliveries;
  }

  /** These rows as they stand now, by id, under the locks of their subjects; what is not parked any more is left out. */
  async openRows(rows: readonly ParkedRow[]): Promise<Map<string, ParkedDelivery>> {
    await this.#lock(rows);
    const { unit, scope } = this.#setup;
    const deliveries = (await unit.parked.find(rows.map(({ id }) => id))).map((row) => scope.deliveries.parked(row));
    await this.#findKnown(deliveries);
    return new Map(deliveries.map((delivery) => [delivery.parked.id, delivery]));
  }

  /** What has no order is locked by itself: two instances that find it due must not both run it. */
  async #lock(rows: readonly ParkedRow[]): Promise<{ subjects: string[]; ids: string[] }> {
    const isOrdered = (row: ParkedRow): boolean => row.subject !== "" && row.sequence !== null && this.#spec.order !== "any";
    const subjects = [...new Set(rows.filter(isOrdered).map(({ subject }) => subject))];
    const ids = [...new Set(rows.filter((row) => !isOrdered(row)).map(({ id }) => id))];
    await this.#subjects.load(subjects, ids);
    return { subjects, ids };
  }

  async #findKnown(deliveries: readonly Delivery[]): Promise<void> {
    const { unit, run } = this.#setup;
    const handled = deliveries.filter((delivery) => this.#subjects.handles(delivery));
    const keys = handled.map(deliveryKey);
    // An edit may have made an event of a record that could not be decoded: it is known by either key.
    for (const delivery of handled) {
      const { parked } = delivery;
      if (parked !== null && parked.eventKey !== deliveryKey(delivery)) keys.push(parked.eventKey);
    }
    for (const key of (await unit.inbox.find(run, keys)).keys()) this.#known.add(key);
  }

  /** The monotonic clock, as the run that has just ended read it: looking at it again costs each event. */
  moment(): number {
    const at = this.#endedAt ?? this.#setup.scope.surroundings.clock.monotonic();
    this.#endedAt = null;
    return at;
  }

  /** A live event: runs it, parks it, or finds that nothing is to be done. */
  take(delivery: Delivery): MaybePromise<void> {
    return afterwards(this.#consider(delivery), (isToRun) => (isToRun ? this.run(delivery) : undefined));
  }

  /**
   * Like `take`, but what is to be run takes its place as if it had been applied, so that the events behind it can be looked at
   * before it has run; it is answered with, to be run by `runClaimed` or `callClaimed`. Null when nothing is to be run.
   */
  claim(delivery: Delivery): MaybePromise<Claim | null> {
    return afterwards(this.#consider(delivery), (isToRun) => (isToRun ? this.#takePlace(delivery) : null));
  }

  #takePlace(delivery: Delivery): Claim | null {
    const claim = this.#claim(delivery);
    if (claim === null) return null;
    this.#claimed++;
    this.#known.add(deliveryKey(delivery));
    this.#subjects.move(delivery);
    return claim;
  }

  /** Runs the handler on a claimed event; what it answers with books the outcome. Rejects with `TransactionAbandoned`. */
  async runClaimed(claim: Claim): Promise<() => void> {
    return invoke(this.#setup, claim, (result) => {
      this.writes.logs.push(result.log);
      if (result.ok) return () => this.#book.applied(claim.delivery, result);
      result.log.rollback();
      throw new TransactionAbandoned(claim.delivery, result.error);
    });
  }

  /** Runs a set-based handler on claimed events, and books the outcome. Rejects with `TransactionAbandoned`. */
  async callClaimed(claims: readonly Claim[]): Promise<void> {
    const result = await invokeBatch({ ...this.#setup, claims });
    this.writes.logs.push(result.log);
    if (!result.ok) {
      result.log.rollback();
      throw new TransactionAbandoned(this.#claimed === 1 ? (claims[0]?.delivery ?? null) : null, result.error);
    }
    for (const [index, { delivery }] of claims.entries())
      this.#book.applied(delivery, { durationMicros: result.durationMicros, published: result.published[index] ?? [] });
  }

  /** Books what comes of a live event without the handler. True when it is to be run. */
  #consider(delivery: Delivery): MaybePromise<boolean> {
    if (delivery.event === null) {
      const mayBeOurs = delivery.type === null || this.#spec.contracts.has(delivery.type);
      if (mayBeOurs) this.#book.dead(delivery, "undecodable", delivery.problem, []);
      return false;
    }
    const isOrdered = this.#subjects.isOrdered(delivery);
    if (!isOrdered && !this.#subjects.handles(delivery)) return false;
    if (isOrdered && !this.#subjects.isLocked(subjectOf(delivery))) {
      // Another transaction works on this subject's parked events: this one goes behind them, and nobody waits.
      this.#book.parked(delivery, "behind", { dueAtMs: this.#now(), logDueMs: null });
      return false;
    }
    return afterwards(this.#decisions.decide(delivery, { isHead: false }), (decision) => this.#carryOut(delivery, decision));
  }

  #carryOut(delivery: Delivery, decision: OrderDecision): MaybePromise<boolean> {
    switch (decision.do) {
      case "ignore":
        return false;
      case "duplicate":
      case "stale":
        this.#book.answered(delivery, decision.do);
        return false;
      case "conflict-unless-lost":
        this.#book.conflict(delivery);
        return false;
      case "park":
        this.#book.parked(delivery, decision.reason, { dueAtMs: null, logDueMs: decision.logDueMs });
        return false;
      case "pass":
        if (this.#known.has(deliveryKey(delivery))) this.#book.answered(delivery, "duplicate");
        this.#subjects.move(delivery);
        return false;
      case "run":
        if (!this.isCalled(delivery)) return !this.#hold(delivery);
        return this.#parkCall(delivery).then(() => false);
    }
  }

  /**
   * Whether a parked event may run now. `stop`: neither it nor what stands behind it. `next`: it was answered or is not its
   * turn, and the next one may. What was called already (`mayHold: false`) is not kept back.
   */
  async admit(delivery: ParkedDelivery, { mayHold = true } = {}): Promise<"run" | "stop" | "next"> {
    const row = delivery.parked;
    const isOrdered = this.#subjects.isOrdered(delivery) && !this.#subjects.isOutOfOrder(row);
    if (isOrdered) {
      const place = await this.#place(delivery);
      if (place !== "its-turn") return place;
    } else if (row.handled && (this.#known.has(row.eventKey) || this.#known.has(deliveryKey(delivery)))) {
      this.#book.answered(delivery, "duplicate");
      return "next";
    }
    // The one it missed came after all: a gap letter is no failure any more.
    const isFilledGap = row.state === "dead" && row.reason === "gap" && isOrdered;
    if (row.state === "dead" && !isFilledGap) return this.#subjects.holds(row) ? "stop" : "next";
    const nowMs = this.#now();
    const isLater =
      (!isFilledGap && row.dueAtMs !== null && row.dueAtMs > nowMs) || (row.lease !== null && row.lease.untilMs > nowMs);
    if (isLater || (mayHold && this.#hold(delivery))) return isOrdered ? "stop" : "next";
    return "run";
  }

  /** Where a parked event stands in its subject; answers it where it is past. */
  async #place(delivery: ParkedDelivery): Promise<"its-turn" | "stop" | "next"> {
    const row = delivery.parked;
    const decision = await this.#decisions.decide(delivery, { isHead: true });
    switch (decision.do) {
      case "run":
        return "its-turn";
      case "stale":
      case "ignore":
      case "duplicate":
        this.#book.answered(delivery, decision.do === "duplicate" ? "duplicate" : "stale");
        return "next";
      case "conflict-unless-lost":
        if (row.state === "waiting") this.#book.conflict(delivery);
        return "next";
      case "pass":
        if (this.#known.has(row.eventKey)) this.#book.answered(delivery, "duplicate");
        else this.#subjects.remove(row);
        this.#subjects.move(delivery);
        return "next";
      case "park":
        if (row.state === "waiting" && row.logDueMs === null && !this.#subjects.isBehind(row))
          this.#subjects.update(delivery, { ...row, reason: decision.reason, dueAtMs: null, logDueMs: decision.logDueMs });
        return "stop";
    }
  }

  /** Runs the handler, or `commit` in its place, and books the outcome. Throws `TransactionAbandoned`. */
  run(delivery: Delivery, commit: Commit<Tx> | null = null): MaybePromise<void> {
    const startedAtMs = this.#now();
    const claim = this.#claim(delivery);
    if (claim === null) return;
    const book = (result: InvocationResult): void => this.#bookRun(delivery, result, startedAtMs);
    if (this.#spec.work.kind === "batch") return invokeAlone({ ...this.#setup, claims: [claim] }).then(book);
    return invoke(this.#setup, claim, book, commit);
  }

  #bookRun(delivery: Delivery, result: InvocationResult, startedAtMs: number): void {
    this.writes.logs.push(result.log);
    if (result.ok) {
      this.#endedAt = result.endedAt ?? null;
      this.#book.applied(delivery, result);
      return this.#subjects.move(delivery);
    }
    result.log.rollback();
    // Ended by the service's closing, it did not fail.
    const mustEnd = this.#setup.scope.deadline.aborted;
    if (mustEnd || !this.#setup.mode.savepoint || isInfrastructureFailure(result.error) || endsTransaction(result.error))
      throw new TransactionAbandoned(delivery, result.error);
    return this.#book.failed(delivery, result.error, startedAtMs);
  }

  /** Books a `call` that succeeded and has nothing to commit. */
  succeed(delivery: Delivery, durationMicros: number): void {
    this.#book.applied(delivery, { published: [], durationMicros });
    this.#subjects.move(delivery);
  }

  /** What the handler is given; null when it cannot be run, which is then booked. */
  #claim(delivery: Delivery): Claim | null {
    const attempts = delivery.parked?.attempts ?? [];
    const doomed = this.#setup.failures.get(deliveryKey(delivery));
    if (delivery.event === null) this.#book.dead(delivery, "undecodable", delivery.problem, attempts);
    else if (doomed !== undefined) this.#book.failed(delivery, doomed, this.#now());
    else {
      try {
        const { ahead } = this.#setup;
        const { contract, data } = ahead === undefined ? contractData(this.#spec, delivery) : ahead.take(delivery);
        return { delivery, contract, data, publishes: this.#publishes(delivery) };
      } catch (error) {
        this.#book.unreadable(delivery, error);
      }
    }
    return null;
  }

  /** Books a failed attempt that happened elsewhere: a `call`. */
  fail(delivery: Delivery, error: unknown, startedAtMs: number): void {
    this.#book.failed(delivery, error, startedAtMs);
  }

  /** Wakes what now stands first in its subject, then writes everything. */
  async finish(): Promise<void> {
    const { unit, run, stream } = this.#setup;
    await this.writes.writeParked(unit);
    await this.#subjects.advance();
    await this.writes.write(unit, run, { stream, positions: this.#subjects.changedPositions() });
  }

  /** Keeps back an event whose turn it is, because on call holds its subject or tenant; it spends no attempt. */
  #hold(delivery: Delivery): boolean {
    const { controls } = this.#setup.handler;
    if (!controls.isHolding || delivery.event === null) return false;
    const hold = controls.holdOf(delivery.event, this.#now());
    if (hold === null) return false;
    this.#book.held(delivery, hold);
    return true;
  }

  /** A `call` runs outside of every transaction: here it only gets its place. */
  async #parkCall(delivery: Delivery): Promise<void> {
    const { unit, run } = this.#setup;
    const key = deliveryKey(delivery);
    const isTwin =
      [...this.writes.parkedNow()].some((row) => row.eventKey === key) ||
      (!this.#subjects.isOrdered(delivery) && (await unit.parked.findByKey(run, key)) !== null);
    if (isTwin) return this.#book.answered(delivery, "duplicate");
    if (!this.#hold(delivery)) this.#book.parked(delivery, "call", { dueAtMs: this.#now(), logDueMs: null });
  }

  /** Whether the handler's `call` is to be made for it: not in a replay, unless the handler says so. */
  isCalled(delivery: Delivery): boolean {
    const { work } = this.#spec;
    return work.kind === "call" && (work.replay === "run" || !this.#setup.replay.isReplay(delivery));
  }

  #publishes(delivery: Delivery): boolean {
    return this.#setup.replay.publishes || !this.#setup.replay.isReplay(delivery);
  }

  #now(): number {
    return this.#setup.scope.surroundings.clock.now();
  }
}

/** Errors after which the store has ended the transaction, or will not let it be trusted. */
function endsTransaction(error: unknown): boolean {
  return isThroughlineError(error) && (error.code === "TX_TOO_LONG" || error.code === "TX_SHARING_ENDED");
}
