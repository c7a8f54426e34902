import type { Run, UnitOfWork } from "../seams/store.ts";
import { type Delivery, deliveryKey, subjectOf } from "./delivery.ts";
import type { HandlerState } from "./handler-state.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { decideOrder, type OrderDecision, type SequencedEvent } from "./order-decision.ts";
import type { ServiceScope } from "./scope.ts";
import type { SubjectStates } from "./subject-states.ts";

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handler: HandlerState<Tx>;
  readonly run: Run;
  readonly unit: UnitOfWork<Tx>;
  readonly subjects: SubjectStates<Tx>;
  /** Keys that the inbox knows. */
  readonly known: ReadonlySet<string>;
}

/** What is to be done with the events of one transaction: `decideOrder`, with what it asks of the store. */
export class DeliveryDecisions<Tx> {
  readonly #setup: Setup<Tx>;
  readonly #subjects: SubjectStates<Tx>;
  /** Ids of events before this may be forgotten. Asked once: a transaction is short, and the clock costs each event. */
  readonly #rememberedSinceMs: number;

  constructor(setup: Setup<Tx>) {
    const { settings, surroundings } = setup.scope;
    this.#setup = setup;
    this.#subjects = setup.subjects;
    this.#rememberedSinceMs = surroundings.clock.now() - settings.rememberIdsMs;
  }

  /** @param isHead It is parked itself, and what stands before it was looked at already. */
  decide(delivery: Delivery, { isHead }: { isHead: boolean }): MaybePromise<OrderDecision> {
    const subject = subjectOf(delivery);
    const event = this.#subjects.sequenced(delivery);
    const before = this.#subjects.position(subject);
    const beginsNumbering = before !== undefined && event.sequence !== null && event.sequenceEpoch > before.sequenceEpoch;
    if (beginsNumbering && !isHead && before.parked === 0)
      return this.#subjects.recount(subject).then(() => this.#decideCounted(delivery, event, isHead));
    return this.#decideCounted(delivery, event, isHead);
  }

  #decideCounted(delivery: Delivery, event: SequencedEvent, isHead: boolean): MaybePromise<OrderDecision> {
    const { handler, known } = this.#setup;
    const key = deliveryKey(delivery);
    const subject = subjectOf(delivery);
    const position = this.#subjects.position(subject);
    const decision = decideOrder(event, {
      policy: handler.spec.order,
      position: isHead && position !== undefined ? { ...position, parked: 0 } : position,
      known: known.has(key),
      parkedTwin: isHead ? null : this.#subjects.twinOf(delivery),
      seesWhole: this.#subjects.seesWhole,
      holdsOlder: this.#subjects.holdsOlder(delivery),
      typeSinceMs: handler.row.typesSince[delivery.type ?? ""] ?? 0,
      rememberedSinceMs: this.#rememberedSinceMs,
      gapDeadlineMs: handler.spec.gapDeadlineMs,
      windowMs: handler.spec.windowMs,
    });
    const dependsOnMore = (decision.do === "park" && decision.reason === "gap") || decision.do === "conflict-unless-lost";
    return dependsOnMore ? this.#unlessLost(delivery, event, decision) : decision;
  }

  /** The decision, unless numbers that it depends on were declared lost, or the event is parked already. */
  async #unlessLost(delivery: Delivery, event: SequencedEvent, decision: OrderDecision): Promise<OrderDecision> {
    const { unit, run, known } = this.#setup;
    const key = deliveryKey(delivery);
    const subject = subjectOf(delivery);
    if (event.sequence === null) return decision;
    if (
      decision.do === "park" &&
      decision.reason === "gap" &&
      (await this.#subjects.isLost(subject, event.sequenceEpoch, event.sequence - 1))
    )
      return { do: event.handled && !known.has(key) ? "run" : "pass" };
    if (decision.do !== "conflict-unless-lost") return decision;
    if (await this.#subjects.isLost(subject, event.sequenceEpoch, event.sequence)) return { do: "stale" };
    const twin = await unit.parked.findByKey(run, key);
    return twin === null || twin.id === delivery.parked?.id ? decision : { do: "duplicate" };
  }
}
