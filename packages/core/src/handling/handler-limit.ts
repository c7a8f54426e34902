import type { ControlRow } from "../seams/store.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";

/**
 * Holds a handler to so many events a second, all instances, partitions, retries and calls together: each books the time of
 * its events in the store, one after the other, and waits until it has passed.
 */
export class HandlerLimit {
  readonly row: ControlRow;
  readonly #scope: ServiceScope<unknown>;

  constructor(scope: ServiceScope<unknown>, row: ControlRow) {
    this.#scope = scope;
    this.row = row;
  }

  get id(): string {
    return this.row.id;
  }

  /** How many events may be taken at once, so that the rate is even. */
  get step(): number {
    return Math.max(1, Math.floor(this.#perSecond / 4));
  }

  get #perSecond(): number {
    return this.row.perSecond ?? Number.POSITIVE_INFINITY;
  }

  /** Books the time of `events` that were handled; answers when it will have passed, by the wall clock. */
  async book(events: number): Promise<number> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    if (events === 0) return nowMs;
    const costMs = (events / this.#perSecond) * 1000;
    // Without the store nothing is handled, either: its own time is close enough.
    return store.unitOfWork((unit) => unit.controls.spend(this.row.id, costMs, nowMs)).catch(() => nowMs + costMs);
  }

  /** Settles when more may follow `events` that were handled. */
  async spend(events: number, signal: AbortSignal): Promise<void> {
    if (events === 0) return;
    const { surroundings } = this.#scope;
    const atMs = await this.book(events);
    await waitFor(surroundings, Math.max(0, atMs - surroundings.clock.now()), signal);
  }
}
