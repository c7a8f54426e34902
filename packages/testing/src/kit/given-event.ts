import type { EventContract, EventData } from "throughline";

/** An event that a test gives: what its publisher would publish. Made by `event`. */
export interface GivenEvent {
  readonly contract: EventContract;
  readonly data: unknown;
}

/**
 * Names an event for `anyOrderWithDuplicates`. The data's type is the contract's; it is checked when the event is appended.
 * @example
 *   const created = event(OrderCreated, { order_id: "o1", total: 25 });
 */
export function event<Contract extends EventContract>(contract: Contract, data: EventData<Contract>): GivenEvent {
  return { contract, data };
}
