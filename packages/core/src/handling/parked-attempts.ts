import { coreError } from "../errors/index.ts";
import type { Attempt } from "../seams/store.ts";
import { withoutLife, withoutOpenAttempt } from "./crash-rules.ts";
import type { ParkedDelivery } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import type { OutcomeBook } from "./outcome-book.ts";
import type { ServiceScope } from "./scope.ts";
import type { SubjectStates } from "./subject-states.ts";
import type { TransactionWrites } from "./transaction-writes.ts";

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly spec: HandlerSpec<Tx>;
  readonly subjects: SubjectStates<Tx>;
  readonly book: OutcomeBook<Tx>;
  readonly writes: TransactionWrites;
}

/** Attempts on parked events that are begun in one transaction and end in another, or with their process. */
export class ParkedAttempts<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #spec: HandlerSpec<Tx>;
  readonly #subjects: SubjectStates<Tx>;
  readonly #book: OutcomeBook<Tx>;
  readonly #writes: TransactionWrites;

  constructor({ scope, spec, subjects, book, writes }: Setup<Tx>) {
    this.#scope = scope;
    this.#spec = spec;
    this.#subjects = subjects;
    this.#book = book;
    this.#writes = writes;
  }

  /** Leases an event and books the attempt that begins. */
  lease(delivery: ParkedDelivery, untilMs: number, { alone = false }: { alone?: boolean } = {}): ParkedDelivery {
    const { identity, life } = this.#scope;
    const { instance, version } = identity;
    const row = delivery.parked;
    const begins = { startedAtMs: this.#scope.surroundings.clock.now(), endedAtMs: null, instance, version, error: null };
    const attempt: Attempt = { ...begins, life, ...(alone ? { alone } : {}) };
    const parked = { ...row, lease: { owner: instance, untilMs }, attempts: [...row.attempts, attempt] };
    if (row.state === "waiting" && row.dueAtMs !== null) this.#writes.leaseParked(parked);
    else this.#subjects.update(delivery, { ...parked, state: "waiting" });
    return { ...delivery, parked: { ...parked, state: "waiting" } };
  }

  /** Takes the attempt and the lease back: nothing came of it. */
  giveBack(delivery: ParkedDelivery): void {
    const row = delivery.parked;
    this.#subjects.update(delivery, { ...withoutOpenAttempt(row), dueAtMs: row.dueAtMs });
  }

  /** Ends the lease; how the attempt ended nobody knows, but its process has not died of it. */
  giveUp(delivery: ParkedDelivery): void {
    const row = delivery.parked;
    const { life } = this.#scope;
    const attempts = row.attempts.map((attempt) => (attempt.life === life ? withoutLife(attempt) : attempt));
    this.#subjects.update(delivery, { ...row, attempts, lease: null });
  }

  /** It killed its process too often. */
  crashed(delivery: ParkedDelivery, deaths: number): void {
    const error = coreError("EVENT_CRASHED_PROCESS", { deaths });
    this.#book.dead(delivery, "crash", error, delivery.parked.attempts.map(withoutLife));
  }

  uncertain(delivery: ParkedDelivery): void {
    const error = coreError("CALL_OUTCOME_UNCERTAIN", { handler: this.#spec.name, event: delivery.parked.eventKey });
    this.#book.dead(delivery, "uncertain", error, delivery.parked.attempts);
  }
}
