import type { Clock, Timer } from "../seams/runtime.ts";

/** One piece of work under a time limit. */
export interface TimedRun {
  /** Aborts when the time is over, or when the service must end. Made when it is first asked for. */
  readonly signal: AbortSignal;
}

interface OpenRun {
  readonly expiresAt: number;
  readonly expire: () => void;
  readonly end: (reason: Error) => void;
}

/**
 * Time limits for many short pieces of work, with one timer for all of them: most are over long before it fires.
 */
export class RunDeadlines {
  readonly #clock: Clock;
  readonly #mustEnd: AbortSignal;
  readonly #open = new Set<OpenRun>();
  #timer: Timer | null = null;
  #firesAt = Number.POSITIVE_INFINITY;

  /** @param mustEnd Ends all runs with its reason, and those that begin later. */
  constructor(clock: Clock, mustEnd: AbortSignal) {
    this.#clock = clock;
    this.#mustEnd = mustEnd;
    mustEnd.addEventListener("abort", () => {
      for (const run of this.#open) run.end(mustEnd.reason as Error);
    });
  }

  /**
   * Runs `work`; rejects with `tooLate()` when it has not settled after `timeoutMs`, or with the reason why all must end. What
   * it does afterwards is ignored.
   */
  run<T>(timeoutMs: number, tooLate: () => Error, work: (run: TimedRun) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let controller: AbortController | null = null;
      let reason = this.#mustEnd.aborted ? (this.#mustEnd.reason as Error) : undefined;
      const end = (why: Error): void => {
        reason = why;
        reject(why);
        controller?.abort(why);
      };
      const open: OpenRun = {
        expiresAt: this.#clock.monotonic() + timeoutMs,
        expire: () => end(tooLate()),
        end,
      };
      const timed: TimedRun = {
        get signal() {
          controller ??= new AbortController();
          if (reason !== undefined) controller.abort(reason);
          return controller.signal;
        },
      };
      if (reason !== undefined) return end(reason);
      this.#open.add(open);
      this.#arm(open.expiresAt);
      work(timed)
        .then(resolve, reject)
        .finally(() => this.#open.delete(open));
    });
  }

  #arm(at: number): void {
    if (at >= this.#firesAt) return;
    this.#timer?.cancel();
    this.#firesAt = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#fire());
  }

  #fire(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (const run of this.#open) {
      if (run.expiresAt <= now) {
        this.#open.delete(run);
        run.expire();
      } else this.#arm(run.expiresAt);
    }
  }
}
