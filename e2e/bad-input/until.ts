import { setTimeout as wait } from "node:timers/promises";

/** Waits for a fact; rejects with its name when it does not come about. */
export async function until(fact: string, isSo: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error(`it did not come about within ${timeoutMs} ms: ${fact}`);
    await wait(3);
  }
}
