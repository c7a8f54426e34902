/**
 * Whether one instance of a service lives. Ended, it is as dead as after kill -9: its open work is rejected, and what its code
 * still asks for is never answered.
 */
export class Lifeline {
  /** Operations of the instance on its store and log that have begun or ended: it stands still while this does. */
  movements = 0;
  /** Those that have begun and not ended. */
  open = 0;
  #isOver = false;
  readonly #end = Promise.withResolvers<never>();

  constructor() {
    this.#end.promise.catch(() => undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#end.reject(new Error("the test kit ended this instance of the service"));
  }

  /** Runs an operation for the instance. Its outcome reaches only a living one. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isOver) return never();
    this.movements++;
    this.open++;
    try {
      const result = await operation();
      return this.#isOver ? await never<T>() : result;
    } catch (error) {
      if (this.#isOver) return await never<T>();
      throw error;
    } finally {
      this.movements++;
      this.open--;
    }
  }

  /** Settles as `work` does, and rejects when the instance ends first. */
  unlessOver<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#end.promise]);
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
