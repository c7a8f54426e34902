import type { Clock } from "../seams/runtime.ts";

/** Lets one loop wait for a reason to look again. A wake-up while it works is not lost: the next wait ends at once. */
export class Wakeup {
  readonly #clock: Clock;
  #isAwake = false;
  #resume: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isAwake = true;
    this.#resume?.();
  }

  /** Settles when woken, after `atMostMs`, or when `signal` aborts. */
  async next(atMostMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isAwake && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          timer.cancel();
          signal.removeEventListener("abort", done);
          this.#resume = null;
          resolve();
        };
        const timer = this.#clock.after(atMostMs, done);
        signal.addEventListener("abort", done, { once: true });
        this.#resume = done;
      });
    }
    this.#isAwake = false;
  }
}
