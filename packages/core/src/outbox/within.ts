import { coreError } from "../errors/index.ts";
import type { Clock } from "../seams/runtime.ts";

/**
 * Settles as `work` on the log does, or rejects with `LOG_UNAVAILABLE` after `limitMs`; then `signal` is aborted, and nobody waits
 * for `work` any more.
 */
export function within<T>(clock: Clock, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(limitMs, () => {
      const error = coreError("LOG_UNAVAILABLE", { what: `it did not answer within ${limitMs} ms` });
      ending.abort(error);
      reject(error);
    });
    work(ending.signal)
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}
