import { readData } from "../contract/index.ts";
import { eventData } from "../encoding/event-data.ts";
import type { DecodedEvent } from "../envelope/index.ts";
import { coreError, isThroughlineError } from "../errors/index.ts";
import type { PersonalValues } from "../logging/index.ts";
import type { Randomness } from "../seams/runtime.ts";
import type { FailureDetail, InboxOutcome, ParkedReason, ParkedRow, Run } from "../seams/store.ts";
import { type DeadLetter, deadLetterRecord } from "../system-topics/index.ts";
import type { Breaker } from "./breaker.ts";
import { type Delivery, deliveryKey, type ParkedDelivery } from "./delivery.ts";
import { failureDetail, type FailureVerdict, judgeFailure } from "./failure.ts";
import type { Hold } from "./handler-controls.ts";
import { type InvocationResult, personalValuesOf } from "./handler-invocation.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { letterAnswer, wasLetter } from "./letter-answer.ts";
import { eventReceipt } from "./receipt-writer.ts";
import { RunTally } from "./run-tally.ts";
import type { ServiceScope } from "./scope.ts";
import type { SubjectStates } from "./subject-states.ts";
import type { TransactionWrites } from "./transaction-writes.ts";

/** How long an event of an unknown version waits before it is looked at again. */
const versionRecheckMs = 15_000;
/** The same for an event that was redriven and is held: what somebody asked for keeps its reason, and is not found by it. */
const heldRecheckMs = 15_000;
/** How long an event waits that failed while the breaker is open. */
const outageRetryMs = 10_000;

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly spec: HandlerSpec<Tx>;
  readonly run: Run;
  readonly writes: TransactionWrites;
  readonly subjects: SubjectStates<Tx>;
  /** Keys that the inbox knows; what is booked here is added. */
  readonly known: Set<string>;
  readonly breaker: Breaker;
}

/** Books what came of an event: inbox row, parked row, position, dead letter and receipt, all for the same COMMIT. */
export class OutcomeBook<Tx> {
  readonly #setup: Setup<Tx>;
  readonly #runs = new RunTally();

  constructor(setup: Setup<Tx>) {
    this.#setup = setup;
    setup.writes.afterCommit(() => setup.breaker.tell(this.#runs));
  }

  /** The handler ran. That its place is passed is said by `SubjectStates.move`. */
  applied(delivery: Delivery, result: Pick<Extract<InvocationResult, { ok: true }>, "durationMicros" | "published">): void {
    const { writes, subjects } = this.#setup;
    this.#runs.run(delivery, "ok", { isFirst: delivery.parked === null || endedAttempts(delivery).length === 0 });
    this.#remember(delivery, "applied", result.durationMicros);
    writes.outbox.push(...result.published);
    if (delivery.parked === null) {
      writes.applied.push({ offset: delivery.record.offset, micros: result.durationMicros });
    } else {
      subjects.remove(delivery.parked);
      const attempt = endedAttempts(delivery).length + 1;
      this.#receipt(delivery, "applied", { durationMicros: result.durationMicros, attempt, failureId: delivery.parked.id });
      this.#answersLetter(delivery.parked, "applied");
    }
  }

  /** It is not run: it was applied already, or is older than what was. */
  answered(delivery: Delivery, outcome: "duplicate" | "stale"): void {
    const { subjects, known } = this.#setup;
    const isHandled = subjects.handles(delivery);
    if (isHandled) this.#setup.writes.tally[outcome === "stale" ? "stale" : "duplicates"]++;
    if (outcome === "stale" && isHandled && !known.has(deliveryKey(delivery))) this.#remember(delivery, "stale", 0);
    if (delivery.parked !== null) subjects.remove(delivery.parked);
    if (isHandled) this.#receipt(delivery, outcome, delivery.parked === null ? {} : { failureId: delivery.parked.id });
    if (delivery.parked !== null) this.#answersLetter(delivery.parked, outcome);
  }

  discarded(delivery: ParkedDelivery): void {
    const { subjects, known } = this.#setup;
    if (!known.has(deliveryKey(delivery))) this.#remember(delivery, "discarded", 0);
    subjects.remove(delivery.parked);
  }

  parked(delivery: Delivery, reason: ParkedReason, due: { dueAtMs: number | null; logDueMs: number | null }): void {
    const { subjects } = this.#setup;
    subjects.hold(delivery, { reason, ...due, attempts: [], lease: null });
    if (subjects.handles(delivery)) this.#setup.writes.tally.parked++;
    // That a call waits for its turn is nothing to tell.
    if (subjects.handles(delivery) && reason !== "call") this.#receipt(delivery, "parked", { reason });
  }

  /** On call holds its subject or tenant: it waits until that ends, and what it tried before counts as before. */
  held(delivery: Delivery, { untilMs }: Hold): void {
    const { subjects } = this.#setup;
    const row = delivery.parked;
    if (row === null) return this.parked(delivery, "held", { dueAtMs: untilMs, logDueMs: null });
    const dueAtMs = row.reason === "redriven" ? Math.min(untilMs ?? Infinity, this.#now() + heldRecheckMs) : untilMs;
    const reason = row.reason === "redriven" ? row.reason : "held";
    subjects.update(delivery, { ...row, state: "waiting", reason, dueAtMs, logDueMs: null });
  }

  /** A failed attempt: the event waits for its retry, or becomes a dead letter. While the breaker is open it spends none. */
  failed(delivery: Delivery, error: unknown, startedAtMs: number): void {
    const { scope, spec, subjects, breaker } = this.#setup;
    const detail = this.#detail(delivery, error);
    const before = endedAttempts(delivery);
    const { instance, version } = scope.identity;
    const attempts = [...before, { startedAtMs, endedAtMs: this.#now(), instance, version, error: detail }];
    this.#setup.writes.tally.failures++;
    const { random } = scope.surroundings;
    const judged = judgeFailure(error, attempts.length, spec.retryDelaysMs, random);
    const maybeOutage = judged.then === "dead" ? judged.reason === "failed" : judged.countsAsAttempt;
    if (maybeOutage) this.#runs.run(delivery, "failed", { isFirst: before.length === 0 });
    const verdict = maybeOutage && breaker.isOpen ? retriedInOutage(random) : judged;
    if (verdict.then === "dead") return this.dead(delivery, verdict.reason, error, attempts);
    const dueAtMs = this.#now() + verdict.delayMs;
    subjects.hold(delivery, {
      reason: "retry",
      dueAtMs,
      logDueMs: null,
      attempts: verdict.countsAsAttempt ? attempts : before,
      lease: null,
    });
    const about = {
      handler: spec.name,
      eventId: delivery.event?.id,
      subject: delivery.event?.subject,
      correlationId: delivery.event?.correlationId,
    };
    const next = `${(verdict.delayMs / 1000).toFixed(1)} s`;
    const which = verdict.countsAsAttempt
      ? `attempt ${attempts.length} of ${spec.retryDelaysMs.length + 1} failed`
      : "put off, which spends no attempt";
    this.#setup.writes.afterCommit(() => scope.logger.warn(about, `${which}: ${detail.message}; the next in ${next}`));
    this.#receipt(delivery, "retried", { attempt: attempts.length, dueAtMs, reason: "retry", error: detail });
  }

  /** The data cannot be read: never, or not by this version of the code. */
  unreadable(delivery: Delivery, error: unknown): void {
    const { scope, spec, subjects } = this.#setup;
    const waitsFor = waitingFor(error);
    if (waitsFor === null) {
      const reason = isThroughlineError(error, "EVENT_UNDECODABLE") ? "undecodable" : "invalid";
      return this.dead(delivery, reason, error, delivery.parked?.attempts ?? []);
    }
    const since = delivery.parked?.parkedAtMs ?? this.#now();
    if (this.#now() - since >= scope.settings.unknownVersionMs) return this.dead(delivery, "unknown-version", error, []);
    if (delivery.parked === null) {
      const about = { handler: spec.name, eventId: delivery.event?.id, err: error };
      this.#setup.writes.afterCommit(() => scope.logger.warn(about, waitsFor));
      this.#receipt(delivery, "parked", { reason: "version" });
    }
    subjects.hold(delivery, {
      reason: "version",
      dueAtMs: this.#now() + versionRecheckMs,
      logDueMs: null,
      attempts: delivery.parked?.attempts ?? [],
      lease: null,
    });
  }

  /** It is a dead letter: its row stays, its record goes to the dead letter topic. */
  dead(delivery: Delivery, reason: ParkedReason, error: unknown, attempts: ParkedRow["attempts"]): void {
    const { scope, spec, run, subjects, writes } = this.#setup;
    const detail = this.#detail(delivery, error);
    const row = subjects.hold(delivery, { state: "dead", reason, dueAtMs: null, logDueMs: null, attempts, lease: null });
    const holdsSubject = subjects.holds(row);
    writes.tally.dead++;
    const { topic, topicId, partition, offset, timestampMs } = delivery.record;
    const letter: DeadLetter = {
      failureId: row.id,
      service: scope.identity.service,
      serviceVersion: scope.identity.version,
      handler: spec.name,
      epoch: run.epoch,
      reason,
      error: detail,
      attempts,
      failedAtMs: this.#now(),
      holdsSubject,
      origin: { topic, topicId, partition, offset, timestampMs },
      ...(delivery.event !== null && scope.deliveries.adopts(delivery.record) ? { adopted: adoptedAs(delivery.event) } : {}),
    };
    writes.outbox.push({
      ...deadLetterRecord(letter, delivery.parked?.record ?? delivery.record, scope.log.maxRecordBytes),
      eventId: row.id,
      subject: null,
      createdAtMs: this.#now(),
      once: false,
    });
    this.#receipt(delivery, "dead", { reason, failureId: row.id, attempt: attempts.length, error: detail });
    const { id: eventId, subject, correlationId } = delivery.event ?? {};
    const about = { handler: spec.name, eventId, subject, correlationId, failureId: row.id, reason, err: detail };
    writes.afterCommit(() => scope.logger.error(about, "an event became a dead letter"));
    // Its place is passed where nothing waits for it. Under `latest` it was not applied, so it makes nothing else stale.
    if (!holdsSubject && reason !== "conflict" && spec.order === "sequential") subjects.move(delivery);
  }

  conflict(delivery: Delivery): void {
    const { id = "", sequence, sequenceEpoch = 0 } = delivery.event ?? {};
    const subject = delivery.event?.subject ?? "";
    const position = this.#setup.subjects.position(subject) ?? { sequence: 0, sequenceEpoch: 0 };
    const number = { sequence: sequence ?? 0, sequenceEpoch };
    this.dead(
      delivery,
      "conflict",
      coreError("EVENT_SEQUENCE_CONFLICT", { id, subject, number, position }),
      delivery.parked?.attempts ?? [],
    );
  }

  #answersLetter(row: ParkedRow, answer: "applied" | "duplicate" | "stale"): void {
    const { scope, spec, writes } = this.#setup;
    if (wasLetter(row)) writes.outbox.push(letterAnswer(scope, { handler: spec.name, failureId: row.id }, answer));
  }

  #remember(delivery: Delivery, outcome: InboxOutcome, durationMicros: number): void {
    const key = deliveryKey(delivery);
    this.#rememberAs(key, delivery, outcome, durationMicros);
    // What an edit made of a record that could not be decoded is known by its id, and the record by its place.
    const { parked } = delivery;
    if (parked !== null && parked.eventKey !== key && !this.#setup.known.has(parked.eventKey))
      this.#rememberAs(parked.eventKey, delivery, outcome, durationMicros);
  }

  #rememberAs(key: string, { record }: Delivery, outcome: InboxOutcome, durationMicros: number): void {
    const { partition, offset } = record;
    this.#setup.writes.inbox.push({ key, partition, offset, outcome, handledAtMs: this.#now(), durationMicros });
    this.#setup.known.add(key);
  }

  #detail(delivery: Delivery, error: unknown): FailureDetail {
    return failureDetail(error, personalValuesOfDelivery(this.#setup.spec, delivery));
  }

  #receipt(delivery: Delivery, outcome: Parameters<typeof eventReceipt>[3], more: Parameters<typeof eventReceipt>[4]): void {
    const { scope, spec, run, writes } = this.#setup;
    writes.outbox.push(eventReceipt(scope, { name: spec.name, epoch: run.epoch }, delivery, outcome, more));
  }

  #now(): number {
    return this.#setup.scope.surroundings.clock.now();
  }
}

/** What an event waits for that cannot be read yet; null where it never will be. */
function waitingFor(error: unknown): string | null {
  if (isThroughlineError(error, "EVENT_VERSION_UNKNOWN"))
    return "an event of a newer contract version waits for a newer deploy of this service";
  if (isThroughlineError(error, "EVENT_SCHEMA_UNKNOWN"))
    return "an event whose schema is not known here waits for the registry, or for a newer contracts lock";
  return null;
}

/** What only this service can read in the original. */
function adoptedAs({
  id,
  type,
  source,
  subject,
  time,
  correlationId,
  tenantId,
}: DecodedEvent): NonNullable<DeadLetter["adopted"]> {
  return { id, type, source, subject, time, correlationId, tenantId };
}

/** An open breaker tries it again later, and counts nothing. */
function retriedInOutage(random: Randomness): Extract<FailureVerdict, { then: "retry" }> {
  return { then: "retry", delayMs: Math.round(outageRetryMs * (0.8 + 0.4 * random.next())), countsAsAttempt: false };
}

/** Attempts whose outcome is known; one that a crash left open is no failure of the handler's. */
function endedAttempts(delivery: Delivery): ParkedRow["attempts"] {
  return delivery.parked?.attempts.filter(({ endedAtMs }) => endedAtMs !== null) ?? [];
}

/** A type that this code does not handle, and newer or older code does. */
export function typeUnknown({ type, dataVersion }: DecodedEvent): Error {
  return coreError("EVENT_VERSION_UNKNOWN", { type, version: dataVersion ?? 1, known: 0 });
}

/** What may not be told of a delivery: as it came, and as the handler was given it. */
export function personalValuesOfDelivery<Tx>(spec: HandlerSpec<Tx>, delivery: Delivery): PersonalValues {
  const asItCame = readable(() => delivery.event?.data());
  const asGiven = readable(() => contractData(spec, delivery).data);
  return personalValuesOf(spec.contracts.get(delivery.type ?? ""), [asItCame, asGiven]);
}

function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The data as the handler's contract wants it. Throws as `eventData` does. */
export function contractData<Tx>(spec: HandlerSpec<Tx>, delivery: Delivery) {
  const { event } = delivery;
  if (event === null) throw delivery.problem;
  const contract = spec.contracts.get(event.type);
  if (contract === undefined) throw typeUnknown(event);
  const { schemas } = spec;
  if (schemas !== null) return { contract, data: eventData(contract, event, delivery.record, schemas) };
  return { contract, data: readData(contract, event.dataVersion ?? contract.version, event.data()) };
}
