import { coreError } from "../errors/index.ts";
import type { ParkedRow } from "../seams/store.ts";
import type { ParkedDelivery } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import type { OutcomeBook } from "./outcome-book.ts";
import type { ServiceScope } from "./scope.ts";
import type { SubjectStates } from "./subject-states.ts";

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly spec: HandlerSpec<Tx>;
  readonly subjects: SubjectStates<Tx>;
  readonly book: OutcomeBook<Tx>;
}

/**
 * What becomes of a parked event without its handler being run: its time to wait is over, or somebody has it redriven or
 * discarded (R5, R7). Its subject's lock is held.
 */
export class ParkedAnswers<Tx> {
  readonly #spec: HandlerSpec<Tx>;
  readonly #subjects: SubjectStates<Tx>;
  readonly #book: OutcomeBook<Tx>;
  readonly #scope: ServiceScope<Tx>;

  constructor({ scope, spec, subjects, book }: Setup<Tx>) {
    this.#scope = scope;
    this.#spec = spec;
    this.#subjects = subjects;
    this.#book = book;
  }

  /** A missing predecessor did not come in time, or the reorder window is over. */
  async expire(delivery: ParkedDelivery): Promise<void> {
    const row = delivery.parked;
    const position = this.#subjects.position(row.subject);
    if (row.state !== "waiting" || row.logDueMs === null || row.sequence === null || position === undefined) return;
    const held = this.#subjects.holdersOf(row.subject).filter((other) => other.sequenceEpoch === row.sequenceEpoch);
    const lowest = Math.min(row.sequence, ...held.map((other) => other.sequence ?? Number.POSITIVE_INFINITY));
    if (position.baseline === 0 && lowest > position.sequence + 1) {
      this.#subjects.save({ ...position, sequence: lowest - 1, sequenceEpoch: row.sequenceEpoch, baseline: lowest });
    } else if (row.reason === "gap" && row.sequence === lowest && lowest > position.sequence + 1) {
      // A marker is nothing that could die: the letter is the first event behind it that is handled. Where there is none, or its
      // letter is out already, what is missing is waited for.
      const first = held.find(({ handled }) => handled);
      if (first === undefined || first.state === "dead")
        return this.#subjects.update(delivery, { ...row, logDueMs: this.#now() + this.#spec.gapDeadlineMs });
      // Where later events go on after a letter, nothing waits for what is missing, either.
      if (!this.#spec.holdsAfterDeadLetter) await this.#releaseGap(first);
      if (first.id !== row.id) this.#subjects.update(delivery, { ...row, reason: "behind", logDueMs: null });
      const missing = { subject: row.subject, from: position.sequence + 1, to: lowest - 1, deadlineMs: this.#spec.gapDeadlineMs };
      return this.#book.dead(
        this.#scope.deliveries.parked(first),
        "gap",
        coreError("EVENT_PREDECESSOR_MISSING", missing),
        first.attempts,
      );
    }
    // No deadline runs for what stands behind another, or was put in order by its window: it has its place, and no more.
    this.#subjects.update(delivery, { ...row, reason: "behind", logDueMs: null });
  }

  /** Gives a dead letter its place again. One whose number is another event's runs out of it: `sequence` null. */
  async redrive(delivery: ParkedDelivery, edited: ParkedRow["edited"]): Promise<void> {
    const row = delivery.parked;
    if (row.reason === "gap") await this.#releaseGap(row);
    const again = {
      state: "waiting",
      reason: "redriven",
      dueAtMs: this.#now(),
      logDueMs: null,
      attempts: [],
      lease: null,
      sequence: row.reason === "conflict" ? null : row.sequence,
    } as const;
    this.#subjects.update(delivery, { ...row, ...again, edited });
  }

  /** A dead letter counts as handled: nothing waits for it any more. */
  async discard(delivery: ParkedDelivery): Promise<void> {
    const row = delivery.parked;
    if (row.reason === "gap") await this.#releaseGap(row);
    if (this.#subjects.holds(row) && row.sequence !== null)
      await this.#subjects.declareLost(row.subject, { ...row, from: row.sequence, to: row.sequence });
    this.#book.discarded(delivery);
  }

  /** What is neither handled nor held here before a gap letter is lost. */
  async #releaseGap(row: ParkedRow): Promise<void> {
    const position = this.#subjects.position(row.subject);
    if (position === undefined || row.sequence === null || position.sequenceEpoch !== row.sequenceEpoch) return;
    let from = position.sequence + 1;
    for (const { sequence, sequenceEpoch } of this.#subjects.holdersOf(row.subject)) {
      if (sequence === null || sequenceEpoch !== row.sequenceEpoch || sequence < from || sequence > row.sequence) continue;
      if (sequence > from) await this.#subjects.declareLost(row.subject, { sequenceEpoch, from, to: sequence - 1 });
      from = sequence + 1;
    }
  }

  #now(): number {
    return this.#scope.surroundings.clock.now();
  }
}
