import type { FailureDetail, ParkedReason } from "../seams/store.ts";
import type { LogRecord } from "../seams/event-log.ts";

/** A dead letter that is to be rehearsed. */
export interface RehearsalLetter {
  readonly failureId: string;
  readonly handler: string;
  /** The record that failed. Needed where the service's store does not hold it any more. */
  readonly original?: LogRecord;
  /** The original's value is too large to stand in its letter. */
  readonly valueOmitted?: boolean;
}

/**
 * What would come of a letter if it were redriven to this build now.
 * - `applied`, `duplicate`, `stale`: it would pass; it was handled before; a newer one was.
 * - `failed`: the handler fails, or cannot read it.
 * - `calls`: it can be read, and its handler would make its `call`, which is not made.
 * - `waits`: its turn would not come, for an earlier event of its subject does not pass, or its version is unknown to this build.
 * - `refused`: the service would refuse the redrive.
 * - `unknown`: it could not be rehearsed.
 */
export type RehearsedOutcome = "applied" | "duplicate" | "stale" | "failed" | "calls" | "waits" | "refused" | "unknown";

export interface RehearsedLetter {
  readonly failureId: string;
  readonly handler: string;
  readonly outcome: RehearsedOutcome;
  /** Why it does not pass, in a sentence; values of personal fields are masked. Null where it passes. */
  readonly why: string | null;
  /** What the handler failed with, without its stack. */
  readonly error: Omit<FailureDetail, "stack"> | null;
  /** The reason that it would be a dead letter for at once; null where it would be retried. */
  readonly reason: ParkedReason | null;
  /** How many events it would publish, by type: each was checked against its contract. */
  readonly publishes: Readonly<Record<string, number>>;
}

export interface RehearsalOptions {
  /** Ends it after the letter that is under way. */
  readonly signal?: AbortSignal;
  /** Hears of each letter once it is known what comes of it, those of a subject together. */
  readonly onLetter?: (letter: RehearsedLetter) => void;
  /** Hears of each event before its handler is run: if the process dies of it, it was this one. */
  readonly onBegin?: (failureId: string) => void;
  /** Events that a process died of, by failure id, with how: they fail without being run. */
  readonly crashed?: ReadonlyMap<string, string>;
}

/** What would come of letters, and in which build. */
export interface ServiceRehearsal {
  readonly service: string;
  readonly version: string;
  /** In the order in which they were rehearsed; those that `signal` came before are missing. */
  readonly letters: readonly RehearsedLetter[];
}

/** Whether a letter with this outcome is done with when it is redriven. */
export function passes({ outcome }: Pick<RehearsedLetter, "outcome">): boolean {
  return outcome === "applied" || outcome === "duplicate" || outcome === "stale";
}
