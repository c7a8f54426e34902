import type { BatchRun } from "./batch-run.ts";
import type { Delivery } from "./delivery.ts";

/** One event after the other: each sees what it would see in a transaction of its own. */
export const sharedRun: BatchRun = async (transaction, { deliveries, mayBegin }) => {
  for (let index = 0; index < deliveries.length; index++) {
    const delivery = deliveries[index] as Delivery;
    if (index > 0 && !mayBegin()) return delivery;
    const taken = transaction.take(delivery);
    // Awaiting what is done already would cost each event.
    if (taken !== undefined) await taken;
  }
  return null;
};
