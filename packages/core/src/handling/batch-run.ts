import type { Delivery } from "./delivery.ts";
import type { HandlerTransaction } from "./handler-transaction.ts";

/** What one transaction of a lane is given to run. */
export interface Batch {
  /** Live events in the order of the log. */
  readonly deliveries: readonly Delivery[];
  /** False when the time budget is spent or the lane must stop: what has not begun moves to the next transaction. */
  readonly mayBegin: () => boolean;
}

/**
 * How the events of a batch are run inside a lane's transaction (R4). Settles when everything it began has ended, with the
 * first event that it did not begin, or null. Rejects with `TransactionAbandoned` when only giving up the whole transaction
 * undoes a failure.
 */
export type BatchRun = <Tx>(transaction: HandlerTransaction<Tx>, batch: Batch) => Promise<Delivery | null>;
