import type { Surroundings } from "../seams/runtime.ts";
import { waitFor } from "./retry-wait.ts";

/** Holds one replay to its rate, all partitions of this instance together. */
export class ReplayPace {
  readonly #surroundings: Surroundings;
  readonly #perSecond: number;
  /** When the events handed out so far are paid for; by the monotonic clock. */
  #paidUntilMs = 0;

  constructor(surroundings: Surroundings, perSecond: number) {
    this.#surroundings = surroundings;
    this.#perSecond = perSecond;
  }

  /** How many events a lane may take at once, so that the rate is even. */
  get step(): number {
    return Math.max(1, Math.floor(this.#perSecond / 4));
  }

  /** Settles when `events` more may follow those before them. */
  async spend(events: number, signal: AbortSignal): Promise<void> {
    if (events === 0) return;
    const now = this.#surroundings.clock.monotonic();
    this.#paidUntilMs = Math.max(now, this.#paidUntilMs) + (events / this.#perSecond) * 1000;
    await waitFor(this.#surroundings, this.#paidUntilMs - now, signal);
  }
}
