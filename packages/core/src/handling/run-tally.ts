import { enoughSubjects, leastSubjects } from "./breaker.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";

/**
 * What came of the handler's runs in one transaction, for its breaker: successes, and failures that may mean an outage. An event
 * that asks for later, or is bad for good, is no sign of one and does not count; nor does what was never run.
 */
export class RunTally {
  /** First attempts. */
  ok = 0;
  failed = 0;
  /** Of first attempts; no more than it takes to tell. Events without a subject stand for themselves. */
  readonly subjects = new Set<string>();
  /** Of all successes; no more than it takes to tell. */
  readonly succeeded = new Set<string>();

  run(delivery: Delivery, result: "ok" | "failed", options: { readonly isFirst: boolean }): void {
    if (result === "ok" && this.succeeded.size < enoughSubjects) this.succeeded.add(subjectKey(delivery));
    if (!options.isFirst) return;
    this[result]++;
    if (this.subjects.size < leastSubjects) this.subjects.add(subjectKey(delivery));
  }
}

const subjectKey = (delivery: Delivery): string => `${delivery.record.topic}/${delivery.event?.subject ?? deliveryKey(delivery)}`;
