/** Transactions without a conflict before something is given back: at first, and at most. */
const firstPatience = 64;
const longestPatience = 4_096;

/**
 * How much the transactions of one handler may do at once, from the conflicts among them (R4). Deadlocks and serialization
 * failures first cut concurrency: each transaction takes the handler's lock, so that they run one after the other in all
 * instances, and in this one they queue for it without a connection. If that is not enough (others write the same rows) the
 * batches become smaller. Both are given back slowly, and more slowly each time that it was too early.
 */
export class Contention {
  #isSerial = false;
  #limit = Number.POSITIVE_INFINITY;
  /** Transactions that committed since the last conflict. */
  #calm = Number.POSITIVE_INFINITY;
  #patience = firstPatience;
  #last: Promise<unknown> = Promise.resolve();

  /** Whether each transaction of the handler takes its lock. */
  get isSerial(): boolean {
    return this.#isSerial;
  }

  /** How many records a transaction takes at most. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Another transaction won. Nothing was written. True when it is the first since the handler's lock was given back.
   * @param records How many records this one had.
   * @param wasSerial Whether it held the handler's lock.
   */
  conflicted(records: number, wasSerial: boolean): boolean {
    const isFirst = !this.#isSerial;
    if (!this.#isSerial) {
      this.#isSerial = true;
      // Met again soon after the lock was given back: it was too early.
      if (this.#calm < this.#patience) this.#patience = Math.min(longestPatience, this.#patience * 2);
    } else if (wasSerial && records > 1) {
      this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, records) / 2));
    }
    this.#calm = 0;
    return isFirst;
  }

  /** @param largest How many records a transaction could have at most. */
  committed(largest: number): void {
    this.#calm++;
    if (!this.#isSerial || this.#calm < this.#patience) return;
    this.#calm = 0;
    if (this.#limit < largest) this.#limit *= 2;
    else {
      this.#limit = Number.POSITIVE_INFINITY;
      this.#isSerial = false;
    }
  }

  /** Runs `work` when those that came before have ended. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const result = before.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
