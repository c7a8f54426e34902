import { setTimeout as delay } from "node:timers/promises";
import { isThroughlineError } from "throughline/seams";

export interface Patience {
  /** How long one call goes on trying. Milliseconds. */
  readonly giveUpAfterMs: number;
  /** No further try once it is aborted. */
  readonly signal?: AbortSignal;
}

/** The pause before try number `attempt` (from 1 on): from 20 ms on, doubled up to 500 ms, with some jitter. Milliseconds. */
export function backoffMs(attempt: number): number {
  return Math.min(500, 10 * 2 ** attempt) * (0.75 + Math.random() / 2);
}

/**
 * Calls `attempt` until it fulfils, rejects with an error that no retry can help, or the patience is over: then it rejects with
 * the last error.
 */
export async function persist<T>({ giveUpAfterMs, signal }: Patience, attempt: (count: number) => Promise<T>): Promise<T> {
  const deadline = performance.now() + giveUpAfterMs;
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(count);
    } catch (error) {
      const pauseMs = backoffMs(count);
      if (!isThroughlineError(error) || !error.retryable) throw error;
      if (signal?.aborted === true || performance.now() + pauseMs > deadline) throw error;
      await delay(pauseMs);
    }
  }
}
