import type { Clock } from "../seams/runtime.ts";

/** A loop that has not turned for so long, although it had work to do, is stuck. */
const stuckAfterMs = 60_000;

/**
 * Knows when each loop of a service last turned, so that one that stands still is seen. A loop that waits for work rests; one
 * that waits for its store or its log turns each time it tries again.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #busy = new Set<WatchedLoop>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  loop(name: string): WatchedLoop {
    return new WatchedLoop(name, this.#clock, this.#busy);
  }

  /** The loops that are stuck, as sentences. */
  stuck(): string[] {
    const now = this.#clock.monotonic();
    return [...this.#busy]
      .filter((loop) => now - loop.turnedAtMs > stuckAfterMs)
      .map(({ name, turnedAtMs }) => `${name} stands still: it has not moved for ${Math.round((now - turnedAtMs) / 1000)} s`);
  }
}

export class WatchedLoop {
  readonly name: string;
  turnedAtMs = 0;
  readonly #clock: Clock;
  readonly #busy: Set<WatchedLoop>;

  constructor(name: string, clock: Clock, busy: Set<WatchedLoop>) {
    this.name = name;
    this.#clock = clock;
    this.#busy = busy;
  }

  /** It goes on to its next piece of work. */
  turn(): void {
    this.turnedAtMs = this.#clock.monotonic();
    this.#busy.add(this);
  }

  /** It has nothing to do, or waits because it was told to. */
  rest(): void {
    this.#busy.delete(this);
  }
}
