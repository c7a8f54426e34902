import type { Surroundings } from "../seams/runtime.ts";
import type { Breaker } from "./breaker.ts";
import type { Delivery } from "./delivery.ts";
import type { ReadingBound } from "./reading-bound.ts";
import { waitFor } from "./retry-wait.ts";

const pollMs = 10;

/** What holds back the lanes of one handler. */
export interface ReadingLimits {
  readonly breaker: Breaker;
  readonly bounds: readonly ReadingBound[];
  /** Whether an event is run where it is read: a `call` is only parked there. */
  readonly runs: boolean;
  readonly isHandled: (delivery: Delivery) => boolean;
}

/** Leave to take so many records in one transaction. */
export interface ReadingGrant {
  readonly records: number;
  /** Call it when the transaction has ended, with how many events it parked. */
  readonly done: (parked: number) => void;
}

/**
 * Whether the lanes of one handler may take what they are offered, and how much of it (R6): an open breaker lets one new event
 * through in a turn, and a full bound none. Nobody who reads with others is made to wait here: a lane that may take nothing
 * leaves them, and waits by itself.
 */
export class ReadingGate {
  readonly #surroundings: Surroundings;
  readonly #limits: ReadingLimits;

  constructor(surroundings: Surroundings, limits: ReadingLimits) {
    this.#surroundings = surroundings;
    this.#limits = limits;
  }

  /** How many of these records may be taken now, at least one; null when none may. */
  async admit(deliveries: readonly Delivery[]): Promise<ReadingGrant | null> {
    const { bounds, breaker, isHandled } = this.#limits;
    for (const bound of bounds) await bound.look();
    // From here to the reservation nothing is awaited: another lane of the handler cannot take the same room.
    let records = Math.min(deliveries.length, ...bounds.map(({ room }) => room));
    if (records === 0 && deliveries.length > 0) return null;
    if (this.#isProbing) {
      if (breaker.untilTurn("new") > 0) return null;
      const first = deliveries.findIndex(isHandled);
      if (first >= 0 && first < records) {
        records = first + 1;
        breaker.takeTurn("new");
      }
    }
    for (const bound of bounds) bound.reserve(records);
    return {
      records,
      done: (parked) => {
        for (const bound of bounds) bound.settle(records, parked);
      },
    };
  }

  /** Settles when something may be taken, or `signal` aborts. */
  async untilOpen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#isShut())) await waitFor(this.#surroundings, pollMs, signal);
  }

  async #isShut(): Promise<boolean> {
    const { breaker, bounds } = this.#limits;
    if (this.#isProbing && breaker.untilTurn("new") > 0) return true;
    for (const bound of bounds) await bound.look();
    return bounds.some(({ room }) => room === 0);
  }

  get #isProbing(): boolean {
    return this.#limits.runs && this.#limits.breaker.isOpen;
  }
}
