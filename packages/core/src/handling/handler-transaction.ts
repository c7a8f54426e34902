import { readData } from "../contract/index.ts";
import { newEventId } from "../envelope/index.ts";
import { coreError, isThroughlineError } from "../errors/index.ts";
import type { ParkedReason, ParkedRow, PositionRow, Run, UnitOfWork } from "../seams/store.ts";
import type { HandlerContext } from "../service/handler.ts";
import { type DeadLetter, deadLetterRecord } from "../system-topics/index.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import { failureDetail, isInfrastructureFailure, judgeFailure } from "./failure.ts";
import { eventOf, invoke, type InvocationResult, personalValuesOf } from "./handler-invocation.ts";
import type { HandlerState } from "./handler-state.ts";
import { currentPosition, decideOrder, type OrderDecision, positionAfter, type SequencedEvent } from "./order-decision.ts";
import { eventReceipt } from "./receipt-writer.ts";
import type { ServiceScope } from "./scope.ts";
import { TransactionWrites } from "./transaction-writes.ts";

export interface TransactionMode {
  /** Undo only the failing event. */
  readonly savepoint: boolean;
  /** This transaction serves one event alone. */
  readonly alone: boolean;
}

/** How a run through history differs from live for records before an offset; see R8. */
export interface ReplayMode {
  readonly isReplay: (delivery: Delivery) => boolean;
  readonly publishes: boolean;
}

export const liveMode: ReplayMode = { isReplay: () => false, publishes: true };

/** The handler failed in a way that only giving up the whole transaction undoes; `delivery` is the culprit. */
export class TransactionAbandoned extends Error {
  readonly delivery: Delivery;
  readonly reason: unknown;

  constructor(delivery: Delivery, reason: unknown) {
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
}

/**
 * One transaction of one handler on one stream: the events that it runs, and everything that R3 commits with their effects.
 * Lanes (live), drains (parked) and call commits all go through it. Use: `prepare`, then `take` or `resume` per event, then
 * `finish`; after COMMIT `writes.committed()`, else `writes.rolledBack()`.
 */
export class HandlerTransaction<Tx> {
  readonly writes = new TransactionWrites();
  readonly #setup: Setup<Tx>;
  readonly #positions = new Map<string, PositionRow>();
  readonly #parkedOf = new Map<string, ParkedRow[]>();
  readonly #moved = new Set<string>();
  #known: ReadonlySet<string> = new Set();
  #locked: ReadonlySet<string> = new Set();
  #seesWhole = true;

  constructor(setup: Setup<Tx>) {
    this.#setup = setup;
  }

  get #spec() {
    return this.#setup.handler.spec;
  }

  /** Reads what the decisions about these deliveries need, and takes their subjects' locks. */
  async prepare(deliveries: readonly Delivery[], options: { seesWhole: boolean; waitForLocks: boolean }): Promise<void> {
    const { unit, run, stream } = this.#setup;
    this.#seesWhole = options.seesWhole;
    const handled = deliveries.filter((delivery) => this.#handles(delivery));
    this.#known = new Set((await unit.inbox.find(run, handled.map(deliveryKey))).keys());
    const subjects = [...new Set(deliveries.filter((delivery) => this.#isOrdered(delivery)).map(subjectOf))];
    if (subjects.length === 0) return;
    this.#locked = await unit.positions.lock(run, stream, subjects, { wait: options.waitForLocks });
    for (const [subject, position] of await unit.positions.find(run, stream, [...this.#locked])) {
      this.#positions.set(subject, position);
      if (position.parked > 0) this.#parkedOf.set(subject, await unit.parked.ofSubject({ ...run, stream, subject }, 1_000));
    }
  }

  /** Takes a subject's lock before anything of it is read; waits for its holder. */
  async lockSubject(subject: string): Promise<void> {
    const { unit, run, stream } = this.#setup;
    if (subject !== "") await unit.positions.lock(run, stream, [subject], { wait: true });
  }

  /** A live event: runs it, parks it, or finds that nothing is to be done. */
  async take(delivery: Delivery): Promise<void> {
    if (delivery.event === null) {
      if (delivery.type === null || this.#spec.contracts.has(delivery.type)) await this.#kill(delivery, "undecodable", delivery.problem, []);
      return;
    }
    const ordered = this.#isOrdered(delivery);
    if (!ordered && !this.#handles(delivery)) return;
    // Another transaction works on this subject's parked events: this one goes behind them, and nobody waits.
    if (ordered && !this.#locked.has(subjectOf(delivery))) return this.#park(delivery, "behind", { dueAtMs: this.#now() });

    const decision = await this.#decide(delivery, this.#positions.get(subjectOf(delivery)));
    switch (decision.do) {
      case "ignore":
        return;
      case "duplicate":
      case "stale":
        return this.#answer(delivery, decision.do);
      case "conflict-unless-lost":
        return this.#kill(delivery, "conflict", this.#conflict(delivery), []);
      case "park":
        return this.#park(delivery, decision.reason, { dueAtMs: null, logDueMs: decision.logDueMs });
      case "pass":
        return this.#move(delivery);
      case "run":
        if (this.#spec.work.kind === "call" && !this.#skipsCall(delivery)) return this.#parkCall(delivery);
        await this.run(delivery);
    }
  }

  /**
   * Whether a parked event may run now. `stop`: neither it nor what stands behind it. `next`: it was answered or is not its
   * turn, and the next one may.
   */
  async admit(delivery: Delivery & { parked: ParkedRow }): Promise<"run" | "stop" | "next"> {
    const row = delivery.parked;
    const ordered = this.#isOrdered(delivery);
    const later = ordered ? "stop" : "next";
    if (ordered && !this.#locked.has(subjectOf(delivery))) return "stop";
    if (row.handled && this.#known.has(row.eventKey)) {
      await this.#answer(delivery, "duplicate");
      return "next";
    }
    // Later events went on after its death: it is handled out of order because somebody asked for it.
    const isOutOfOrder = row.reason === "redriven" && !this.#spec.holdsAfterDeadLetter && this.#spec.order === "sequential";
    if (ordered && !isOutOfOrder && delivery.event !== null) {
      const position = this.#positions.get(row.subject);
      const decision = await this.#decide(delivery, position === undefined ? undefined : { ...position, parked: 0 });
      if (decision.do === "stale" || decision.do === "ignore" || decision.do === "duplicate") {
        await this.#answer(delivery, "stale");
        return "next";
      }
      if (decision.do === "conflict-unless-lost") {
        if (row.state === "waiting") await this.#kill(delivery, "conflict", this.#conflict(delivery), row.attempts);
        return "next";
      }
      if (decision.do === "park") {
        if (row.state === "waiting" && row.logDueMs === null) {
          this.#update(delivery, { ...row, reason: decision.reason, dueAtMs: null, logDueMs: decision.logDueMs });
        }
        return "stop";
      }
      if (decision.do === "pass") {
        this.#remove(row);
        this.#move(delivery);
        return "next";
      }
    }
    // The one it missed came after all: a gap letter is no failure any more.
    const isFilledGap = row.state === "dead" && row.reason === "gap" && ordered;
    if (row.state === "dead" && !isFilledGap) return this.#holds(row) ? "stop" : "next";
    if (!isFilledGap && row.dueAtMs !== null && row.dueAtMs > this.#now()) return later;
    if (row.lease !== null && row.lease.untilMs > this.#now()) return later;
    return "run";
  }

  /** Runs the handler, or `commit` in its place, and books the outcome. */
  async run(delivery: Delivery, commit?: (context: HandlerContext<Tx>, event: ReturnType<typeof eventOf>) => Promise<unknown> | void): Promise<"applied" | "failed"> {
    const { handler, failures, mode } = this.#setup;
    const startedAtMs = this.#now();
    if (delivery.event === null) {
      await this.#kill(delivery, "undecodable", delivery.problem, delivery.parked?.attempts ?? []);
      return "failed";
    }
    const doomed = failures.get(deliveryKey(delivery));
    if (doomed !== undefined) return this.fail(delivery, doomed, startedAtMs);
    const contract = handler.spec.contracts.get(delivery.event.type);
    if (contract === undefined) throw new TypeError(`handler ${handler.spec.name} has no contract for ${delivery.event.type}`);
    let data: unknown;
    try {
      data = readData(contract, delivery.event.dataVersion ?? contract.version, delivery.event.data());
    } catch (error) {
      return this.#refuseData(delivery, error);
    }
    const result = await invoke({ ...this.#setup, delivery, contract, data, publishes: this.#publishes(delivery), ...(commit === undefined ? {} : { commit }) });
    this.writes.logs.push(result.log);
    if (result.ok) {
      this.#apply(delivery, result);
      return "applied";
    }
    result.log.rollback();
    if (isInfrastructureFailure(result.error) || endsTransaction(result.error)) throw new TransactionAbandoned(delivery, result.error);
    if (!mode.savepoint) throw new TransactionAbandoned(delivery, result.error);
    return this.fail(delivery, result.error, startedAtMs, data);
  }

  /** Books a failed attempt: parks the event for its retry, or makes it a dead letter. */
  async fail(delivery: Delivery, error: unknown, startedAtMs: number, data?: unknown): Promise<"failed"> {
    const { scope } = this.#setup;
    const personal = personalValuesOf(this.#spec.contracts.get(delivery.type ?? ""), data ?? safeData(delivery));
    const detail = failureDetail(error, personal);
    const before = delivery.parked?.attempts.filter((attempt) => attempt.endedAtMs !== null) ?? [];
    const { instance, version } = scope.identity;
    const attempts = [...before, { startedAtMs, endedAtMs: this.#now(), instance, version, error: detail }];
    const verdict = judgeFailure(error, attempts.length, this.#spec.retryDelaysMs, scope.surroundings.random);
    if (verdict.then === "dead") {
      await this.#kill(delivery, verdict.reason, error, attempts, detail);
      return "failed";
    }
    const dueAtMs = this.#now() + verdict.delayMs;
    const kept = verdict.countsAsAttempt ? attempts : before;
    this.#hold(delivery, { reason: "retry", dueAtMs, logDueMs: null, attempts: kept, lease: null });
    this.#receipt(delivery, "retried", { attempt: attempts.length, dueAtMs, reason: "retry", error: detail });
    return "failed";
  }

  /** A missing predecessor did not come in time, or the reorder window is over. */
  async expire(delivery: Delivery & { parked: ParkedRow }): Promise<void> {
    const row = delivery.parked;
    const position = this.#positions.get(row.subject);
    if (row.state !== "waiting" || row.logDueMs === null || row.sequence === null || position === undefined) return;
    if (position.baseline === 0) {
      const held = (this.#parkedOf.get(row.subject) ?? []).filter((other) => other.sequenceEpoch === row.sequenceEpoch).map((other) => other.sequence ?? row.sequence ?? 0);
      const baseline = Math.min(row.sequence, ...held);
      this.#save({ ...position, sequence: baseline - 1, sequenceEpoch: row.sequenceEpoch, baseline });
      this.#update(delivery, { ...row, reason: "behind", dueAtMs: null, logDueMs: null });
      return;
    }
    // No deadline runs for what stands behind another, or was put in order by its window: it has its place, and no more.
    const isFirst = (this.#parkedOf.get(row.subject) ?? []).every((other) => other.sequenceEpoch !== row.sequenceEpoch || (other.sequence ?? 0) >= (row.sequence ?? 0));
    if (row.reason !== "gap" || !isFirst || row.sequence <= position.sequence + 1) {
      this.#update(delivery, { ...row, reason: "behind", logDueMs: null });
      return;
    }
    const missing = { subject: row.subject, from: position.sequence + 1, to: row.sequence - 1, deadlineMs: this.#spec.gapDeadlineMs };
    await this.#kill(delivery, "gap", coreError("EVENT_PREDECESSOR_MISSING", missing), row.attempts);
  }

  /** Replaces a parked row, and nothing else: for leases and attempts begun. */
  updateRow(row: ParkedRow): void {
    this.writes.updateParked(row);
  }

  killUncertain(delivery: Delivery & { parked: ParkedRow }): Promise<void> {
    const error = coreError("CALL_OUTCOME_UNCERTAIN", { handler: this.#spec.name, event: delivery.parked.eventKey });
    return this.#kill(delivery, "uncertain", error, delivery.parked.attempts);
  }

  /** Wakes what now stands first in its subject, then writes everything. */
  async finish(): Promise<void> {
    const { unit, run, stream } = this.#setup;
    await this.writes.writeParked(unit);
    for (const subject of this.#moved) {
      const position = this.#positions.get(subject);
      if (position !== undefined && position.parked > 0) await this.#advance(position);
    }
    await this.writes.write(unit, run, stream);
  }

  // --- decisions -------------------------------------------------------------------------------------------------------

  async #decide(delivery: Delivery, position: PositionRow | undefined): Promise<OrderDecision> {
    const { scope, handler, unit, run, stream } = this.#setup;
    const event = sequencedEvent(delivery, this.#handles(delivery));
    const key = deliveryKey(delivery);
    const decision = decideOrder(event, {
      policy: this.#spec.order,
      position,
      known: this.#known.has(key),
      parkedTwin: delivery.parked === null ? this.#parkedTwin(delivery, key) : null,
      seesWhole: this.#seesWhole,
      typeSinceMs: handler.row.typesSince[delivery.type ?? ""] ?? 0,
      rememberedSinceMs: this.#now() - scope.settings.rememberIdsMs,
      gapDeadlineMs: this.#spec.gapDeadlineMs,
      windowMs: this.#spec.windowMs,
    });
    if (decision.do !== "conflict-unless-lost" || event.sequence === null) return decision;
    return (await unit.positions.isLost(run, stream, subjectOf(delivery), event.sequence)) ? { do: "stale" } : decision;
  }

  #parkedTwin(delivery: Delivery, key: string): "same-event" | "same-number" | null {
    const rows = this.#parkedOf.get(subjectOf(delivery)) ?? [];
    const twin = rows.find((row) => row.eventKey === key || (row.sequence !== null && row.sequence === delivery.event?.sequence && row.sequenceEpoch === delivery.event.sequenceEpoch));
    return twin === undefined ? null : twin.eventKey === key ? "same-event" : "same-number";
  }

  #handles(delivery: Delivery): boolean {
    return delivery.parked?.handled ?? (delivery.type !== null && this.#spec.contracts.has(delivery.type));
  }

  #isOrdered({ event }: Delivery): boolean {
    return this.#spec.order !== "any" && event !== null && event.sequence !== null && event.subject !== null;
  }

  #holds(row: ParkedRow): boolean {
    if (this.#spec.order === "any" || row.sequence === null || row.subject === "") return false;
    return row.state === "waiting" || this.#spec.holdsAfterDeadLetter;
  }

  #skipsCall(delivery: Delivery): boolean {
    const { work } = this.#spec;
    return work.kind === "call" && work.replay === "skip" && this.#setup.replay.isReplay(delivery);
  }

  #publishes(delivery: Delivery): boolean {
    return this.#setup.replay.publishes || !this.#setup.replay.isReplay(delivery);
  }

  #conflict(delivery: Delivery): Error {
    const position = this.#positions.get(subjectOf(delivery));
    return coreError("EVENT_SEQUENCE_CONFLICT", { id: delivery.event?.id ?? "", subject: subjectOf(delivery), sequence: delivery.event?.sequence ?? 0, position: position?.sequence ?? 0 });
  }

  // --- outcomes --------------------------------------------------------------------------------------------------------

  #apply(delivery: Delivery, result: Extract<InvocationResult, { ok: true }>): void {
    this.#remember(delivery, "applied", result.durationMicros);
    this.writes.outbox.push(...result.published);
    if (delivery.parked === null) {
      this.writes.applied.push({ offset: delivery.record.offset, micros: result.durationMicros });
    } else {
      this.#remove(delivery.parked);
      const attempt = delivery.parked.attempts.filter(({ endedAtMs }) => endedAtMs !== null).length + 1;
      this.#receipt(delivery, "applied", { durationMicros: result.durationMicros, attempt, failureId: delivery.parked.id });
    }
    this.#move(delivery);
  }

  /** It is not run: it was applied already, or is older than what was. */
  #answer(delivery: Delivery, outcome: "duplicate" | "stale"): void {
    if (outcome === "stale" && this.#handles(delivery) && !this.#known.has(deliveryKey(delivery))) this.#remember(delivery, "stale", 0);
    if (delivery.parked !== null) this.#remove(delivery.parked);
    if (this.#handles(delivery)) this.#receipt(delivery, outcome, delivery.parked === null ? {} : { failureId: delivery.parked.id });
  }

  #remember(delivery: Delivery, outcome: "applied" | "stale", durationMicros: number): void {
    const { partition, offset } = delivery.record;
    const key = deliveryKey(delivery);
    this.writes.inbox.push({ key, partition, offset, outcome, handledAtMs: this.#now(), durationMicros });
    this.#known = withKey(this.#known, key);
  }

  async #refuseData(delivery: Delivery, error: unknown): Promise<"failed"> {
    if (!isThroughlineError(error, "EVENT_VERSION_UNKNOWN")) {
      const reason = isThroughlineError(error, "EVENT_UNDECODABLE") ? "undecodable" : "invalid";
      await this.#kill(delivery, reason, error, delivery.parked?.attempts ?? []);
      return "failed";
    }
    const since = delivery.parked?.parkedAtMs ?? this.#now();
    if (this.#now() - since >= this.#setup.scope.settings.unknownVersionMs) {
      await this.#kill(delivery, "unknown-version", error, []);
      return "failed";
    }
    if (delivery.parked === null) {
      const { scope } = this.#setup;
      scope.logger.warn({ handler: this.#spec.name, eventId: delivery.event?.id, err: error }, "an event of a newer contract version waits for a newer deploy of this service");
      this.#receipt(delivery, "parked", { reason: "version" });
    }
    this.#hold(delivery, { reason: "version", dueAtMs: this.#now() + 15_000, logDueMs: null, attempts: [], lease: null });
    return "failed";
  }

  async #kill(delivery: Delivery, reason: ParkedReason, error: unknown, attempts: ParkedRow["attempts"], detail = failureDetail(error, personalValuesOf(this.#spec.contracts.get(delivery.type ?? ""), safeData(delivery)))): Promise<void> {
    const { scope, run } = this.#setup;
    const row = this.#hold(delivery, { state: "dead", reason, dueAtMs: null, logDueMs: null, attempts, lease: null });
    const { topic, topicId, partition, offset, timestampMs } = delivery.record;
    const letter: DeadLetter = {
      failureId: row.id,
      service: scope.identity.service,
      serviceVersion: scope.identity.version,
      handler: this.#spec.name,
      epoch: run.epoch,
      reason,
      error: detail,
      attempts,
      failedAtMs: this.#now(),
      holdsSubject: this.#holds(row),
      origin: { topic, topicId, partition, offset, timestampMs },
    };
    this.writes.outbox.push({ ...deadLetterRecord(letter, delivery.record), eventId: row.id, subject: null, createdAtMs: this.#now(), once: false });
    this.#receipt(delivery, "dead", { reason, failureId: row.id, attempt: attempts.length, error: detail });
    scope.logger.error({ handler: this.#spec.name, eventId: delivery.event?.id, subject: delivery.event?.subject, failureId: row.id, reason, correlationId: delivery.event?.correlationId, err: detail }, "an event became a dead letter");
    if (delivery.event !== null && !this.#holds(row) && reason !== "conflict" && this.#isOrdered(delivery)) this.#move(delivery);
  }

  #park(delivery: Delivery, reason: ParkedReason, due: { dueAtMs: number | null; logDueMs?: number | null }): void {
    this.#hold(delivery, { reason, dueAtMs: due.dueAtMs, logDueMs: due.logDueMs ?? null, attempts: [], lease: null });
    if (this.#handles(delivery)) this.#receipt(delivery, "parked", { reason });
  }

  /** A `call` runs outside of every transaction: here it only gets its place. */
  async #parkCall(delivery: Delivery): Promise<void> {
    const { unit, run } = this.#setup;
    const key = deliveryKey(delivery);
    const twin = [...this.writes.parkedNow()].some((row) => row.eventKey === key) || (!this.#isOrdered(delivery) && (await unit.parked.findByKey(run, key)) !== null);
    if (twin) return this.#answer(delivery, "duplicate");
    // Under order, what stands first may be called now; the position moves when its outcome is committed.
    const position = this.#positions.get(subjectOf(delivery));
    const isBehind = this.#isOrdered(delivery) && (position?.parked ?? 0) > 0 && this.#spec.order === "latest";
    this.#hold(delivery, { reason: "call", dueAtMs: isBehind ? null : this.#now(), logDueMs: null, attempts: [], lease: null });
  }

  // --- rows ------------------------------------------------------------------------------------------------------------

  /** Parks the delivery, or updates the row that it comes out of; keeps the subject's count true. */
  #hold(delivery: Delivery, change: Pick<ParkedRow, "reason" | "dueAtMs" | "logDueMs" | "attempts" | "lease"> & { state?: ParkedRow["state"] }): ParkedRow {
    const row: ParkedRow = { ...(delivery.parked ?? this.#newRow(delivery)), state: "waiting", ...change };
    if (delivery.parked !== null) {
      this.#update(delivery, row);
      return row;
    }
    this.writes.park(row);
    this.#parkedOf.set(row.subject, [...(this.#parkedOf.get(row.subject) ?? []), row]);
    if (this.#holds(row) && this.#locked.has(row.subject)) this.#count(delivery, +1);
    return row;
  }

  #update(delivery: Delivery, row: ParkedRow): void {
    this.writes.updateParked(row);
    if (delivery.parked !== null && this.#holds(delivery.parked) !== this.#holds(row)) this.#count(delivery, this.#holds(row) ? +1 : -1);
    // Its turn may come right now, by another reader of the same rows.
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  #remove(row: ParkedRow): void {
    this.writes.unpark(row.id);
    const position = this.#positions.get(row.subject);
    if (position !== undefined && this.#holds(row)) this.#save({ ...position, parked: Math.max(0, position.parked - 1) });
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  #count(delivery: Delivery, by: number): void {
    const position = currentPosition(sequencedEvent(delivery, this.#handles(delivery)), { position: this.#positions.get(subjectOf(delivery)), seesWhole: this.#seesWhole });
    this.#save({ ...position, subject: subjectOf(delivery), parked: Math.max(0, position.parked + by) });
  }

  #move(delivery: Delivery): void {
    if (!this.#isOrdered(delivery)) return;
    const event = sequencedEvent(delivery, this.#handles(delivery));
    const subject = subjectOf(delivery);
    const position = currentPosition(event, { position: this.#positions.get(subject), seesWhole: this.#seesWhole });
    this.#save({ ...positionAfter(position, event), subject });
    this.#moved.add(subject);
  }

  #save(position: PositionRow): void {
    this.#positions.set(position.subject, position);
    this.writes.savePosition(position);
  }

  /** Keeps the invariant of `ParkedRow`: what could run next has a time at which it is tried. */
  async #advance(position: PositionRow): Promise<void> {
    const { unit, run, stream } = this.#setup;
    const rows = await unit.parked.ofSubject({ ...run, stream, subject: position.subject }, 100);
    const head = rows.find((row) => row.sequence !== null && (this.#holds(row) || (row.state === "dead" && row.reason === "gap")));
    if (head === undefined || head.sequence === null) return;
    const isNext = this.#spec.order === "latest" || head.sequenceEpoch !== position.sequenceEpoch || head.sequence <= position.sequence + 1;
    if (isNext && head.state === "dead" && head.reason === "gap") {
      this.writes.updateParked({ ...head, state: "waiting", reason: "behind", dueAtMs: this.#now(), logDueMs: null });
    } else if (head.state === "waiting" && isNext && head.dueAtMs === null) {
      this.writes.updateParked({ ...head, reason: this.#spec.work.kind === "call" && head.handled ? "call" : "behind", dueAtMs: this.#now(), logDueMs: null });
    } else if (head.state === "waiting" && !isNext && head.logDueMs === null) {
      const isOpen = position.baseline === 0;
      const waitMs = isOpen ? this.#spec.windowMs : this.#spec.gapDeadlineMs;
      this.writes.updateParked({ ...head, reason: isOpen ? "window" : "gap", dueAtMs: null, logDueMs: head.record.timestampMs + waitMs });
    }
  }

  #newRow(delivery: Delivery): ParkedRow {
    const { scope, run, stream } = this.#setup;
    return {
      id: newEventId(scope.surroundings),
      handlerId: run.handlerId,
      epoch: run.epoch,
      stream,
      subject: delivery.event === null ? "" : subjectOf(delivery),
      sequence: delivery.event?.sequence ?? null,
      sequenceEpoch: delivery.event?.sequenceEpoch ?? 0,
      eventKey: deliveryKey(delivery),
      state: "waiting",
      reason: "behind",
      dueAtMs: null,
      logDueMs: null,
      attempts: [],
      handled: this.#handles(delivery),
      record: delivery.record,
      edited: null,
      lease: null,
      parkedAtMs: this.#now(),
    };
  }

  #receipt(delivery: Delivery, outcome: Parameters<typeof eventReceipt>[3], more: Parameters<typeof eventReceipt>[4]): void {
    const { scope, run } = this.#setup;
    this.writes.outbox.push(eventReceipt(scope, { name: this.#spec.name, epoch: run.epoch }, delivery, outcome, more));
  }

  #now(): number {
    return this.#setup.scope.surroundings.clock.now();
  }
}

/** Errors after which the store has ended the transaction, or will not let it be trusted. */
function endsTransaction(error: unknown): boolean {
  return isThroughlineError(error) && (error.code === "TX_TOO_LONG" || error.code === "TX_SHARING_ENDED");
}

function subjectOf(delivery: Delivery): string {
  return delivery.event?.subject ?? "";
}

function sequencedEvent({ event, record }: Delivery, handled: boolean): SequencedEvent {
  return {
    sequence: event?.sequence ?? null,
    sequenceEpoch: event?.sequenceEpoch ?? 0,
    recordTimeMs: record.timestampMs,
    eventTimeMs: event?.timeMs ?? record.timestampMs,
    handled,
  };
}

function safeData({ event }: Delivery): unknown {
  try {
    return event?.data();
  } catch {
    return undefined;
  }
}

function withKey(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  (keys as Set<string>).add(key);
  return keys;
}
