import type { LagWatcher } from "../lag/lag-watcher.ts";

/** Settles after the next sample, when the time is over, or when the signal aborts. */
export function laterSample(watcher: Pick<LagWatcher, "onSample">, signal: AbortSignal, withinMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopListening = watcher.onSample(resolve);
  const timer = setTimeout(resolve, withinMs);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => {
    stopListening();
    clearTimeout(timer);
  });
}
