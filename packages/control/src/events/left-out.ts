/** Lets through so many in a second, and counts what it leaves out: nobody reads a thousand lines a second. */
export class ShownPerSecond {
  readonly #perSecond: number;
  readonly #now: () => number;
  #secondMs = Number.NEGATIVE_INFINITY;
  #shown = 0;
  #leftOut = 0;

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether the next one may be shown. */
  take(): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#secondMs >= 1_000) [this.#secondMs, this.#shown] = [nowMs, 0];
    this.#shown += 1;
    if (this.#shown <= this.#perSecond) return true;
    this.#leftOut += 1;
    return false;
  }

  /** How many were left out since it was last asked, once the second is over in which that began. */
  takeLeftOut(): number {
    if (this.#leftOut === 0 || this.#now() - this.#secondMs < 1_000) return 0;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
