/** How often something may happen for one key (GCRA). */
export interface RateLimit {
  /** So many at once. */
  readonly burst: number;
  /** Then one each so often. */
  readonly everyMs: number;
}

/** What a key's count stands at: the time at which everything it took is made up for. 0 for one that took nothing. */
export type FullAtMs = number;

/** Milliseconds until one more is allowed; 0 is now. */
export const waitMs = (fullAtMs: FullAtMs, { burst, everyMs }: RateLimit, nowMs: number): number =>
  Math.max(0, Math.ceil(fullAtMs - (burst - 1) * everyMs - nowMs));

/** One more was taken. */
export const taken = (fullAtMs: FullAtMs, { everyMs }: RateLimit, nowMs: number): FullAtMs => Math.max(fullAtMs, nowMs) + everyMs;

/** One less: it was taken before anybody knew that it need not count. */
export const givenBack = (fullAtMs: FullAtMs, { everyMs }: RateLimit): FullAtMs => fullAtMs - everyMs;
