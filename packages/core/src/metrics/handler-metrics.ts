import type { InboxRow } from "../seams/store.ts";

/** Upper bounds of the buckets, in seconds. */
export const durationBuckets: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const boundsMicros = durationBuckets.map((seconds) => seconds * 1_000_000);

/** What one transaction did besides applying events. */
export interface Tally {
  duplicates: number;
  stale: number;
  parked: number;
  failures: number;
  dead: number;
}

export const newTally = (): Tally => ({ duplicates: 0, stale: 0, parked: 0, failures: 0, dead: 0 });

/** What a handler did since this process started. Written once for each transaction, after its COMMIT. */
export class HandlerMetrics {
  applied = 0;
  transactions = 0;
  rollbacks = 0;
  readonly tally = newTally();
  /** How many took at most the bound of each bucket, and more than the one before; the last is what took longer than all. */
  readonly buckets: number[] = boundsMicros.map(() => 0).concat(0);
  durationMicros = 0;

  committed(inbox: readonly InboxRow[], tally: Tally): void {
    this.transactions++;
    for (const { outcome, durationMicros } of inbox) {
      if (outcome !== "applied") continue;
      this.applied++;
      this.durationMicros += durationMicros;
      let bucket = 0;
      while (bucket < boundsMicros.length && durationMicros > (boundsMicros[bucket] ?? 0)) bucket++;
      this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    }
    this.tally.duplicates += tally.duplicates;
    this.tally.stale += tally.stale;
    this.tally.parked += tally.parked;
    this.tally.failures += tally.failures;
    this.tally.dead += tally.dead;
  }

  rolledBack(): void {
    this.rollbacks++;
  }
}
