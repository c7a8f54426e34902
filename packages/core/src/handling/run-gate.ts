/**
 * Who may run handlers in this process now: many side by side, or one alone (R6). What waits is let in in the order in which it
 * came, so nobody waits for ever. Enter it before a transaction is opened, and never twice: who holds a lock of the store must
 * not wait here for one who may need that lock.
 */
export class RunGate {
  #running = 0;
  #isAlone = false;
  readonly #waiting: { readonly isAlone: boolean; readonly enter: () => void }[] = [];

  /** Runs `work` beside others; waits while one is alone, or waits to be. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isAlone || this.#waiting.length > 0) await this.#turn(false);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#admit();
    }
  }

  /** Runs `work` when everything that ran before it has ended, and nothing else until it has settled. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isAlone || this.#running > 0 || this.#waiting.length > 0) await this.#turn(true);
    else this.#isAlone = true;
    try {
      return await work();
    } finally {
      this.#isAlone = false;
      this.#admit();
    }
  }

  #turn(isAlone: boolean): Promise<void> {
    return new Promise((enter) => {
      this.#waiting.push({ isAlone, enter });
    });
  }

  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (this.#isAlone || (next.isAlone && this.#running > 0)) return;
      this.#waiting.shift();
      if (next.isAlone) this.#isAlone = true;
      else this.#running++;
      next.enter();
    }
  }
}
