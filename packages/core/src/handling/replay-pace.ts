import type { Surroundings } from "../seams/runtime.ts";
import { waitFor } from "./retry-wait.ts";

/** What a wait that took too long may be made up for. */
const slackMs = 250;

/** Holds one replay to its rate: each instance to the share that its partitions are of those which still have history. */
export class ReplayPace {
  readonly #surroundings: Surroundings;
  readonly #perSecond: number;
  #ownShare = 1;
  /** When the events handed out so far are paid for; by the monotonic clock. */
  #paidUntilMs = Number.NEGATIVE_INFINITY;

  constructor(surroundings: Surroundings, perSecond: number) {
    this.#surroundings = surroundings;
    this.#perSecond = perSecond;
  }

  /** How many events a lane may take at once, so that the rate is even. */
  get step(): number {
    return Math.max(1, Math.floor(this.#perSecond / 20));
  }

  /** Of all partitions with history left, so many are read here. */
  share(own: number, all: number): void {
    this.#ownShare = Math.max(1, own) / Math.max(1, own, all);
  }

  /** Settles when `events` more may follow those before them. */
  async spend(events: number, signal: AbortSignal): Promise<void> {
    if (events === 0) return;
    const now = this.#surroundings.clock.monotonic();
    this.#paidUntilMs = Math.max(now - slackMs, this.#paidUntilMs) + (events / (this.#perSecond * this.#ownShare)) * 1000;
    await waitFor(this.#surroundings, Math.max(0, this.#paidUntilMs - now), signal);
  }
}
