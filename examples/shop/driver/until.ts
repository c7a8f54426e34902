import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits until `condition` answers something other than false, null or undefined, and returns that. An error counts as "not yet".
 * Rejects after `timeoutMs` with what was waited for and the last error, and when `signal` aborts.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 90_000, everyMs = 50, signal }: { timeoutMs?: number; everyMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  do {
    try {
      const answer = await condition();
      if (answer !== false && answer !== null && answer !== undefined) return answer as NonNullable<Exclude<T, false>>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await wait(everyMs, undefined, { signal });
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: lastError });
}
