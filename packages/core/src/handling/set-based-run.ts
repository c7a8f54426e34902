import type { BatchRun } from "./batch-run.ts";
import { type Delivery, subjectOf } from "./delivery.ts";
import type { Claim } from "./handler-invocation.ts";

/**
 * Many events in one call: all fresh ones of the batch, at most one of each subject unless the handler takes many, and then in
 * order. The second event of a subject waits for the next call of the same transaction. `isAlone` gives each call a transaction
 * of its own, which then ends before the first event that must wait for another.
 */
export function setBasedRun({ manyPerSubject, isAlone }: { manyPerSubject: boolean; isAlone: boolean }): BatchRun {
  return async (transaction, { deliveries }) => {
    const calls: Claim[][] = [];
    const callsOf = new Map<string, number>();
    let left: Delivery | null = null;
    for (const delivery of deliveries) {
      const subject = subjectOf(delivery);
      const before = manyPerSubject || subject === "" ? 0 : (callsOf.get(subject) ?? 0);
      if (isAlone && before > 0) {
        left = delivery;
        break;
      }
      const claimed = transaction.claim(delivery);
      const claim = claimed instanceof Promise ? await claimed : claimed;
      if (claim === null) continue;
      (calls[before] ??= []).push(claim);
      callsOf.set(subject, before + 1);
    }
    for (const call of calls) await transaction.callClaimed(call);
    return left;
  };
}
