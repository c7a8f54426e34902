import type { Delivery } from "./delivery.ts";
import type { SequencedEvent } from "./order-decision.ts";

/** A delivery as the decision about its order sees it. */
export class SequencedDelivery implements SequencedEvent {
  readonly delivery: Delivery;
  readonly sequence: number | null;
  readonly sequenceEpoch: number;
  readonly handled: boolean;

  constructor(delivery: Delivery, handled: boolean) {
    this.delivery = delivery;
    this.sequence = delivery.event?.sequence ?? null;
    this.sequenceEpoch = delivery.event?.sequenceEpoch ?? 0;
    this.handled = handled;
  }

  get recordTimeMs(): number {
    return this.delivery.record.timestampMs;
  }

  get eventTimeMs(): number {
    return this.delivery.event?.timeMs ?? this.recordTimeMs;
  }
}
