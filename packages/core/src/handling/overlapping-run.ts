import { type Delivery, subjectOf } from "./delivery.ts";
import type { Claim } from "./handler-invocation.ts";
import type { BatchRun } from "./batch-run.ts";

/** How many handlers are open at once: enough to fill a connection's pipeline, and few enough to heed the time budget. */
const mostOpen = 64;

/**
 * Handlers of different subjects at once: one awaits its statements while another sends its own. Events of one subject stay in
 * order: the next one begins when the statements of the one before have ended. A failure ends the whole transaction.
 */
export const overlappingRun: BatchRun = async (transaction, { deliveries, mayBegin }) => {
  /** The outcomes in the order of the log, for what is published keeps that order. */
  const runs: Promise<() => void>[] = [];
  const open = new Set<Promise<unknown>>();
  const lastOfSubject = new Map<string, Promise<unknown>>();
  let hasFailed = false;

  const run = async (claim: Claim, before: Promise<unknown> | undefined): Promise<() => void> => {
    await before;
    if (hasFailed) return () => undefined;
    return transaction.runClaimed(claim);
  };
  const begin = (claim: Claim): void => {
    const subject = subjectOf(claim.delivery);
    const running = run(claim, lastOfSubject.get(subject));
    const ended = running.then(
      () => undefined,
      () => void (hasFailed = true),
    );
    runs.push(running);
    if (subject !== "") lastOfSubject.set(subject, ended);
    open.add(ended);
    void ended.then(() => open.delete(ended));
  };

  let left: Delivery | null = null;
  try {
    for (const [index, delivery] of deliveries.entries()) {
      while (open.size >= mostOpen) await Promise.race(open);
      if (hasFailed || (index > 0 && !mayBegin())) {
        left = delivery;
        break;
      }
      const claim = await transaction.claim(delivery);
      if (claim !== null) begin(claim);
    }
  } finally {
    // Nothing of it may run on in a transaction that has ended.
    await Promise.all(open);
  }
  for (const book of await Promise.all(runs)) book();
  return left;
};
