import type { BatchRun } from "./batch-run.ts";

/** One event after the other: each sees what it would see in a transaction of its own. */
export const sharedRun: BatchRun = async (transaction, { deliveries, mayBegin }) => {
  for (const [index, delivery] of deliveries.entries()) {
    if (index > 0 && !mayBegin()) return delivery;
    await transaction.take(delivery);
  }
  return null;
};
