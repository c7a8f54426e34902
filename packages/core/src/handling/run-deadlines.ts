import { coreError } from "../errors/index.ts";
import type { Clock, Timer } from "../seams/runtime.ts";

export interface TimeLimit {
  readonly timeoutMs: number;
  readonly tooLate: () => Error;
}

export function handlerTimeLimit(handler: string, timeoutMs: number): TimeLimit {
  return { timeoutMs, tooLate: () => coreError("HANDLER_TIMEOUT", { handler, timeoutMs }) };
}

/** One piece of work under a time limit. */
export interface TimedRun {
  /** Aborts when the time is over, or when the service must end. Made when it is first asked for. */
  readonly signal: AbortSignal;
}

class OpenRun implements TimedRun {
  readonly expiresAt: number;
  /** Rejects what waits for it. */
  onEnd: ((reason: Error) => void) | null = null;
  /** Its place among those that are open; -1 when it is not. */
  place = -1;
  readonly #limit: TimeLimit;
  #controller: AbortController | null = null;
  #reason: Error | null = null;

  constructor(limit: TimeLimit, startedAt: number) {
    this.expiresAt = startedAt + limit.timeoutMs;
    this.#limit = limit;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== null) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  expire(): void {
    this.end(this.#limit.tooLate());
  }

  end(reason: Error): void {
    this.#reason = reason;
    this.onEnd?.(reason);
    this.#controller?.abort(reason);
  }
}

/**
 * Time limits for many short pieces of work, with one timer for all of them: most are over long before it fires.
 */
export class RunDeadlines {
  readonly #clock: Clock;
  readonly #mustEnd: AbortSignal;
  /** In no order: a set that grows and shrinks with each event costs more. */
  readonly #open: OpenRun[] = [];
  #timer: Timer | null = null;
  #firesAt = Number.POSITIVE_INFINITY;

  /** @param mustEnd Ends all runs with its reason, and those that begin later. */
  constructor(clock: Clock, mustEnd: AbortSignal) {
    this.#clock = clock;
    this.#mustEnd = mustEnd;
    mustEnd.addEventListener("abort", () => {
      for (const run of this.#open.slice()) run.end(mustEnd.reason as Error);
    });
  }

  /**
   * Runs `work`, and answers as it does; a promise rejects with `limit.tooLate()` when it has not settled in time, or with
   * the reason why all must end. What it does afterwards is ignored. Throws that reason when all must end already.
   * @param startedAt When the time begins: who knows it already spares each run the look at the clock.
   */
  run<Outcome>(limit: TimeLimit, work: (run: TimedRun) => Outcome, startedAt: number = this.#clock.monotonic()): Outcome {
    if (this.#mustEnd.aborted) throw this.#mustEnd.reason as Error;
    const run = new OpenRun(limit, startedAt);
    const outcome = work(run);
    return isPromise(outcome) ? (this.#watch(run, outcome) as Outcome) : outcome;
  }

  #watch(run: OpenRun, outcome: PromiseLike<unknown>): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    run.onEnd = reject;
    // The work itself may have made all end.
    if (this.#mustEnd.aborted) run.end(this.#mustEnd.reason as Error);
    run.place = this.#open.push(run) - 1;
    this.#arm(run.expiresAt);
    Promise.resolve(outcome).then(
      (value) => {
        this.#remove(run);
        resolve(value);
      },
      (error: unknown) => {
        this.#remove(run);
        reject(error);
      },
    );
    return promise;
  }

  /** Puts the last one in its place. */
  #remove(run: OpenRun): void {
    if (run.place < 0) return;
    const last = this.#open.pop() as OpenRun;
    if (last !== run) {
      this.#open[run.place] = last;
      last.place = run.place;
    }
    run.place = -1;
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
    for (const run of this.#open.slice()) {
      if (run.expiresAt <= now) {
        this.#remove(run);
        run.expire();
      } else this.#arm(run.expiresAt);
    }
  }
}

/** A handler may answer with a promise of any kind. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
