/** Limits that only work together (R11): each must end before the next begins to bite. Milliseconds. */
export interface Timings {
  /** A member that is silent for so long has left its group. Default: 10 s. */
  readonly sessionTimeoutMs: number;
  /** How long a rebalance waits for what runs. Default: 12 s. */
  readonly drainTimeoutMs: number;
  /** After this `close` ends what still runs. Default: 25 s. */
  readonly closeTimeoutMs: number;
}

export function timingsOf(given: Partial<Timings> = {}): Timings {
  return { sessionTimeoutMs: 10_000, drainTimeoutMs: 12_000, closeTimeoutMs: 25_000, ...given };
}

/** Why these limits do not fit together, or with the store's; empty when they do. */
export function timingProblems(
  { sessionTimeoutMs, drainTimeoutMs, closeTimeoutMs }: Timings,
  transactionLimitMs: number,
): string[] {
  const problems: string[] = [];
  if (transactionLimitMs >= sessionTimeoutMs) {
    problems.push(
      `the store lets a transaction run for ${transactionLimitMs} ms, and the session ends after ${sessionTimeoutMs} ms: a transaction must end before its owner counts as gone; raise sessionTimeoutMs, or lower the store's limit`,
    );
  }
  if (transactionLimitMs >= drainTimeoutMs) {
    problems.push(
      `the store lets a transaction run for ${transactionLimitMs} ms, and a rebalance waits only ${drainTimeoutMs} ms; raise drainTimeoutMs, or lower the store's limit`,
    );
  }
  if (drainTimeoutMs >= closeTimeoutMs) {
    problems.push(
      `closing ends after ${closeTimeoutMs} ms, and waits up to ${drainTimeoutMs} ms for what runs; raise closeTimeoutMs, or lower drainTimeoutMs`,
    );
  }
  return problems;
}
