import { createHmac, randomBytes } from "node:crypto";

export interface RateLimitOptions {
  /** So many at once. */
  readonly burst: number;
  /** Then one each so often. */
  readonly everyMs: number;
  /** Default 65,536: half a megabyte. */
  readonly buckets?: number;
}

/**
 * Limits how often something happens for each key, in memory that never grows: a table of times by a keyed hash (GCRA). Whoever makes
 * up keys can push nobody out of it. Two keys that meet in a bucket share its limit, and nobody can choose which do.
 */
export class RateLimit {
  readonly #fullAt: Float64Array;
  readonly #burst: number;
  readonly #everyMs: number;
  readonly #secret = randomBytes(16);

  constructor({ burst, everyMs, buckets = 65_536 }: RateLimitOptions) {
    this.#fullAt = new Float64Array(buckets);
    this.#burst = burst;
    this.#everyMs = everyMs;
  }

  /** Milliseconds until one more is allowed; 0 is now. */
  waitMs(key: string, nowMs: number): number {
    const earliest = this.#fullAt[this.#bucket(key)]! - (this.#burst - 1) * this.#everyMs;
    return Math.max(0, Math.ceil(earliest - nowMs));
  }

  /** Counts one. */
  take(key: string, nowMs: number): void {
    const bucket = this.#bucket(key);
    this.#fullAt[bucket] = Math.max(this.#fullAt[bucket]!, nowMs) + this.#everyMs;
  }

  /** Counts one less: it was taken before anybody knew that it need not count. */
  giveBack(key: string): void {
    const bucket = this.#bucket(key);
    this.#fullAt[bucket] = this.#fullAt[bucket]! - this.#everyMs;
  }

  #bucket(key: string): number {
    return createHmac("sha256", this.#secret).update(key).digest().readUInt32LE(0) % this.#fullAt.length;
  }
}
