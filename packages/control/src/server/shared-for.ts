/** Looks something up once for all who ask within a while: what is shown live is shown to many. A failure is not kept. */
export function sharedFor<T>(ms: number, lookUp: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  let untilMs = 0;
  return () => {
    if (found !== null && performance.now() < untilMs) return found;
    untilMs = performance.now() + ms;
    const looking = lookUp();
    found = looking;
    looking.catch(() => {
      if (found === looking) found = null;
    });
    return looking;
  };
}
