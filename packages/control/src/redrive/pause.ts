import { setTimeout as wait } from "node:timers/promises";

/** Waits, or until the signal aborts: then it returns at once, and the caller looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
