import type { EventOutcome } from "throughline/system-topics";
import type { FailureCause } from "./fingerprint.ts";

/** A dead letter in the index: what happened and where, never its data. */
export interface IndexedFailure {
  readonly failureId: string;
  readonly service: string;
  readonly handler: string;
  readonly version: string;
  readonly epoch: number;
  readonly reason: string;
  /** Where the event stands that failed. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** Where the dead letter stands: its bytes, stack and attempts are read there. */
  readonly letter: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly eventId: string | null;
  readonly type: string | null;
  readonly subject: string | null;
  readonly correlationId: string | null;
  readonly tenantId: string | null;
  readonly error: { readonly name: string; readonly code: string | null; readonly message: string };
  readonly attempts: number;
  readonly failedAtMs: number;
  readonly holdsSubject: boolean;
  readonly group: string;
  /** `asked`: a redrive or discard was asked for, and no answer is known. */
  readonly state: FailureState;
  readonly asked: { readonly action: string; readonly by: string; readonly atMs: number } | null;
  /** How it was answered; `rebuilt` where a later epoch of the handler reread it. Null while it is open. */
  readonly answer: EventOutcome | "rebuilt" | null;
  /** The event died again later: this letter was replaced by that one. */
  readonly isSuperseded: boolean;
}

export type FailureState = "open" | "asked" | "answered";

/** Failures of one cause. */
export interface FailureGroup extends FailureCause {
  readonly service: string;
  readonly handler: string;
  readonly reason: string;
  /** All dead letters that the index holds of it, answered ones too. */
  readonly count: number;
  readonly open: number;
  readonly asked: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** A letter of it: the newest. */
  readonly example: string;
  readonly versions: readonly {
    readonly version: string;
    readonly count: number;
    readonly firstMs: number;
    readonly lastMs: number;
  }[];
  /** Failures of the tenant that was asked for that nobody has answered; null where none was asked for. */
  readonly ofTenant: number | null;
  /** Failures by hour, oldest first, hours without any left out. */
  readonly trend: readonly { readonly hourMs: number; readonly count: number }[];
  /** Who looks after the service, by its announcements. */
  readonly owner: string | null;
  /** The deploy that what is open of it began with: null where it failed so in the first version that is known, or an older one was at work with it. */
  readonly since: SinceDeploy | null;
}

export interface SinceDeploy {
  readonly version: string;
  readonly deployedAtMs: number;
  /** What was at work before, and does not fail so. */
  readonly before: string;
  /** The version that it was first seen with, where it was over meanwhile and is back; null where it was never over. */
  readonly firstSeen: string | null;
}

export interface FailureQuery {
  /** Whole ids. */
  readonly failureIds?: readonly string[];
  readonly service?: string;
  readonly handler?: string;
  readonly group?: string;
  readonly type?: string;
  /** Of the failure: `failed`, `permanent`, `gap`, … */
  readonly reason?: string;
  readonly subject?: string;
  readonly eventId?: string;
  readonly correlationId?: string;
  readonly tenantId?: string;
  readonly state?: FailureState;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** A part of the error's message. */
  readonly text?: string;
  /** Also letters that another of the same event replaced. */
  readonly withSuperseded?: boolean;
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string;
}

/** Newest first. */
export interface FailurePage {
  readonly failures: readonly IndexedFailure[];
  /** Of the next page; null on the last. */
  readonly cursor: string | null;
}
