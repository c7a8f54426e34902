import { type Delivery, subjectOf } from "./delivery.ts";
import type { Claim } from "./handler-invocation.ts";
import type { BatchRun } from "./batch-run.ts";

/** How many handlers are open at once: enough to fill a connection's pipeline, and few enough to heed the time budget. */
const mostOpen = 64;

/** Handlers that are open. No race between their promises: each look would cost as much as all of them. */
class OpenHandlers {
  #count = 0;
  #waiting: { readonly atMost: number; resolve(): void } | null = null;

  get count(): number {
    return this.#count;
  }

  begun(): void {
    this.#count++;
  }

  ended(): void {
    this.#count--;
    if (this.#waiting === null || this.#count > this.#waiting.atMost) return;
    this.#waiting.resolve();
    this.#waiting = null;
  }

  /** Settles when no more than so many are open; one caller at a time. */
  untilAtMost(atMost: number): Promise<void> | undefined {
    if (this.#count <= atMost) return undefined;
    return new Promise<void>((resolve) => (this.#waiting = { atMost, resolve }));
  }
}

/**
 * Handlers of different subjects at once: one awaits its statements while another sends its own. Events of one subject stay in
 * order: the next one begins when the statements of the one before have ended. A failure ends the whole transaction.
 */
export const overlappingRun: BatchRun = async (transaction, { deliveries, mayBegin }) => {
  /** The outcomes in the order of the log, for what is published keeps that order. */
  const runs: Promise<(() => void) | null>[] = [];
  const open = new OpenHandlers();
  const lastOfSubject = new Map<string, Promise<unknown>>();
  let hasFailed = false;

  const run = (claim: Claim): Promise<(() => void) | null> =>
    transaction.runClaimed(claim).then(
      (book) => {
        open.ended();
        return book;
      },
      (error: unknown) => {
        hasFailed = true;
        open.ended();
        throw error;
      },
    );
  /** What stands behind a failure is not begun. */
  const runBehind = (claim: Claim): Promise<(() => void) | null> | null => {
    if (!hasFailed) return run(claim);
    open.ended();
    return null;
  };
  const begin = (claim: Claim): void => {
    const subject = subjectOf(claim.delivery);
    const before = lastOfSubject.get(subject);
    open.begun();
    const running =
      before === undefined
        ? run(claim)
        : before.then(
            () => runBehind(claim),
            () => runBehind(claim),
          );
    // Whoever waits for all of them is told.
    running.catch(() => undefined);
    runs.push(running);
    if (subject !== "") lastOfSubject.set(subject, running);
  };

  let left: Delivery | null = null;
  try {
    for (const [index, delivery] of deliveries.entries()) {
      // Then many at once again, for what is sent together costs one write.
      if (open.count >= mostOpen) await open.untilAtMost(mostOpen / 2);
      if (hasFailed || (index > 0 && !mayBegin())) {
        left = delivery;
        break;
      }
      const claimed = transaction.claim(delivery);
      const claim = claimed instanceof Promise ? await claimed : claimed;
      if (claim !== null) begin(claim);
    }
  } finally {
    // Nothing of it may run on in a transaction that has ended.
    await open.untilAtMost(0);
  }
  for (const book of await Promise.all(runs)) book?.();
  return left;
};
