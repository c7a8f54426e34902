/** pino's levels, and none at all. */
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

export interface TestServiceOptions {
  /** Decides ids, jitter and permutations: the same seed gives the same run. Default: 1. */
  readonly seed?: number;
  /** Where the virtual clock begins: ISO 8601. Default: 2026-01-01T00:00:00.000Z. */
  readonly startAt?: string;
  /** Of each topic. Default: 3. */
  readonly partitions?: number;
  /** What the service logs while it is tested, to where it always does. Default: `silent`. */
  readonly logs?: LogLevel;
  /**
   * How long, in real milliseconds, a handler may wait for something outside before the virtual clock goes on, and with it the
   * handler's timeout. Default: 1,000.
   */
  readonly patienceMs?: number;
  /** How much virtual time retries may take before the kit gives up, in milliseconds. Default: an hour. */
  readonly settleWithinMs?: number;
}
