import assert from "node:assert/strict";
import type { TestContext } from "node:test";

/** On a machine that does much else. */
const mostMs = 10_000;

export interface OpenedStream {
  readonly hasEnded: boolean;
  /** Waits for its end; a second after its cause, or two, where the machine has time. */
  endsSoon(): Promise<void>;
}

/** Opens server-sent events as somebody, once the first has come. */
export async function openStream(t: TestContext, url: string, headers: Record<string, string>): Promise<OpenedStream> {
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const response = await fetch(url, { headers, signal: leaving.signal });
  assert.equal(response.status, 200);
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).done, false);
  let hasEnded = false;
  const ended = (async () => {
    while (!(await reader.read()).done);
    hasEnded = true;
  })();
  ended.catch(() => undefined);
  return {
    get hasEnded() {
      return hasEnded;
    },
    endsSoon: async () => {
      const sinceMs = performance.now();
      await ended;
      const tookMs = performance.now() - sinceMs;
      assert.ok(tookMs < mostMs, `it took ${Math.round(tookMs)} ms`);
    },
  };
}
