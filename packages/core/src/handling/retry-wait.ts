import type { Surroundings } from "../seams/runtime.ts";

/** Waits for `delayMs` (± 20 %), or until `signal` aborts; never rejects. */
export function waitFor({ clock, random }: Surroundings, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs * (0.8 + 0.4 * random.next()), done);
    signal.addEventListener("abort", done, { once: true });
  });
}
