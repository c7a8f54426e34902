/** How long promises alone may keep the event loop of this process from turning. */
const longestMs = 10;

let heldSince: number | null = null;

/**
 * What is done with a file is done at once, so transactions that follow one another are one chain of microtasks: no timer, socket or
 * loop of the process would have its turn before the last of them. Who begins one awaits this first: settles after the event loop has
 * turned, where it has not for a while; undefined where it need not.
 */
export function loopTurn(): Promise<void> | undefined {
  const now = performance.now();
  if (heldSince === null) {
    heldSince = now;
    setImmediate(() => (heldSince = null));
    return undefined;
  }
  return now - heldSince < longestMs ? undefined : new Promise((resolve) => setImmediate(resolve));
}
