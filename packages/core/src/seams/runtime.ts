/** Time, randomness and ids: passed in, never reached for, so that a whole system can run under a seeded scheduler. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only go forward, with fractions; for durations. */
  monotonic(): number;
  /** Runs `callback` after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export interface Randomness {
  /** In [0, 1). */
  next(): number;
  /** Fills `bytes` and returns it. */
  fill(bytes: Uint8Array): Uint8Array;
}

/** What the outside world gives the runtime. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Randomness;
}
