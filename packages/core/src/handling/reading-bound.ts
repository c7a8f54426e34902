import type { Clock } from "../seams/runtime.ts";

/** When the count is taken anew, for other instances park and remove, too: after so long, or so large a part of the bound. */
const staleAfterMs = 5_000;
const staleAfterPart = 0.1;

export interface BoundOptions {
  /** Reading waits at so many … */
  readonly most: number;
  /** … until there are no more than so many: so that it does not stop and go with each event. */
  readonly resumeAt: number;
  /** Whether a transaction may take no more records than there is room for. */
  readonly isStrict: boolean;
  /** How often a full one is counted again. */
  readonly pollMs: number;
  /** Counts what is in the store; it need not count beyond `most`. */
  readonly count: () => Promise<number>;
  /** Called when reading begins to wait, and when it goes on. */
  readonly onChange?: (isFull: boolean) => void;
}

/**
 * Keeps what a handler has parked within a bound, by letting its reading wait. The store is asked for the count only now and
 * then: between, what this instance may park is added up, so that it does not pass the bound without having looked. What
 * other instances park meanwhile is seen within seconds.
 */
export class ReadingBound {
  readonly #clock: Clock;
  readonly #options: BoundOptions;
  /** At most so many are parked, as far as this instance knows. */
  #known = 0;
  /** What transactions under way may add. */
  #reserved = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #parkedSince = 0;
  #isFull = false;

  constructor(clock: Clock, options: BoundOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** How many records may be taken now; 0 while reading waits. */
  get room(): number {
    if (this.#isFull) return 0;
    return this.#options.isStrict ? Math.max(0, this.#options.most - this.#known - this.#reserved) : Number.POSITIVE_INFINITY;
  }

  /** Counts anew where that is due. Never rejects: while the store is away nothing is parked. */
  async look(): Promise<void> {
    const { most, resumeAt, pollMs, count, onChange } = this.#options;
    const now = this.#clock.monotonic();
    const isClose = this.#known + this.#reserved >= most || this.#parkedSince >= most * staleAfterPart;
    const lookAfterMs = this.#isFull ? pollMs : isClose ? 0 : staleAfterMs;
    if (now - this.#lookedAt < lookAfterMs) return;
    this.#lookedAt = now;
    this.#parkedSince = 0;
    const counted = await count().catch(() => null);
    if (counted === null) return;
    // What was parked since it began to count may not be counted.
    this.#known = counted + this.#parkedSince;
    const wasFull = this.#isFull;
    this.#isFull = counted > resumeAt && (wasFull || counted >= most);
    if (this.#isFull !== wasFull) onChange?.(this.#isFull);
  }

  /** A transaction begins that parks at most so many events. */
  reserve(events: number): void {
    this.#reserved += events;
  }

  /** It has ended, and has parked so many. */
  settle(reserved: number, parked: number): void {
    this.#reserved -= reserved;
    this.#known += parked;
    this.#parkedSince += parked;
  }
}
