/** After a standstill it catches up this much faster than it is to go: never faster than that. */
const catchUp = 1.02;
/** What may be sent at once, as a time: a short standstill is made up for at once. */
const burstMs = 300;
/** What a longer standstill lost is not made up for. */
const mostOwedMs = 60_000;

/** Says how many requests are due, so that in the long run so many a second are sent, and in no ten seconds 5 % more. */
export class Pace {
  readonly #perMs: number;
  #lastMs: number;
  /** Behind the rate by so many. */
  #owed = 1;
  /** May be sent now. */
  #credit = 1;

  /** @param nowMs Of a clock that only goes forward. */
  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#lastMs = nowMs;
  }

  due(nowMs: number): number {
    const elapsed = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#owed = Math.min(this.#owed + elapsed * this.#perMs, Math.max(1, mostOwedMs * this.#perMs));
    this.#credit = Math.min(this.#credit + elapsed * this.#perMs * catchUp, Math.max(1, burstMs * this.#perMs));
    return Math.floor(Math.min(this.#owed, this.#credit));
  }

  took(count: number): void {
    this.#owed -= count;
    this.#credit -= count;
  }

  /** How many a time brings. */
  in(ms: number): number {
    return Math.floor(ms * this.#perMs);
  }

  /** When the next one is due, from the last look on. */
  get nextInMs(): number {
    return Math.max(0, (1 - this.#owed) / this.#perMs, (1 - this.#credit) / (this.#perMs * catchUp));
  }
}
