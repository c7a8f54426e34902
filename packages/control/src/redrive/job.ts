import type { EventOutcome } from "throughline/system-topics";
import type { IndexedFailure } from "../failures/indexed-failure.ts";
import type { LeftOut, LeftOutReason } from "./selection.ts";

/** What is to be done with the letters of a plan. */
export type JobAction = "redrive" | "discard";

/** One consumer of a plan, and what is known of it. */
export interface PlannedConsumer {
  readonly service: string;
  readonly handler: string;
  readonly count: number;
  /** Subjects that one of its letters holds up. */
  readonly heldSubjects: number;
  /** Later events of these subjects that wait behind the letters, as receipts tell. */
  readonly waiting: number;
  /** Versions that the letters failed in, and how many in each. */
  readonly failedIn: readonly { readonly version: string; readonly count: number }[];
  /** Versions that run now; none where the service does not run. */
  readonly running: readonly string[];
  /** Why it does nothing now; null while it runs. */
  readonly absence: "never seen" | "stopped" | "silent" | null;
}

export type PlanWarning =
  /** The service does not run: requests wait for it. */
  | "not-running"
  /** What runs is the version that failed. */
  | "same-version"
  /** The handler is paused: redriven events wait until it is resumed. */
  | "paused"
  /** What runs has no such handler, and would answer nothing. */
  | "no-such-handler"
  /** Letters are among them whose call may have happened. */
  | "uncertain"
  /** The index does not know all of the log: letters may be missing. */
  | "index-behind";

export interface PlanWarningTold {
  readonly warning: PlanWarning;
  readonly sentence: string;
}

/** What would be asked of whom. It holds until `expiresAtMs`, and does nothing. */
export interface RedrivePlan {
  readonly id: string;
  readonly action: JobAction;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly by: string;
  /** What was asked for. */
  readonly selection: unknown;
  readonly total: number;
  readonly consumers: readonly PlannedConsumer[];
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>;
  readonly warnings: readonly PlanWarningTold[];
  /** The payload is replaced. */
  readonly isEdit: boolean;
  /** Confirmed: it is a job of the same id by now. */
  readonly isConfirmed: boolean;
}

/**
 * `running`: it sends, or waits for answers. `paused` by a person. `stopped` by itself: somebody must let it go on, or cancel it.
 * `cancelled`: it sends no more; what was sent is answered. `done`: everything is answered.
 */
export type JobState = "running" | "paused" | "stopped" | "cancelled" | "done";

/** How one event of a job stands. The first four wait for something. */
export type ItemState =
  /** Not asked for yet. */
  | "waiting"
  /** Asked for; no answer yet. */
  | "asked"
  /** Its service has it back at its place. */
  | "accepted"
  /** It failed again, and is being retried. */
  | "failing"
  | "applied"
  | "duplicate"
  | "stale"
  | "discarded"
  /** It failed for good again. */
  | "dead"
  /** Its service would not; the reason stands beside it. */
  | "refused"
  /** The log would not take the request. */
  | "not-sent"
  /** Somebody answered it before it was asked for here. */
  | "answered-before"
  /** Another job has it. */
  | "in-another-job"
  /** The job was cancelled before it was asked for. */
  | "cancelled";

export const openStates: ReadonlySet<ItemState> = new Set(["waiting", "asked", "accepted", "failing"]);
/** What a service made of it counts as a failure of this job's. */
export const failedStates: ReadonlySet<ItemState> = new Set(["dead", "refused", "not-sent"]);

/** One event of a job: its number in the order in which it is asked for. */
export interface JobItem {
  readonly no: number;
  readonly failureId: string;
  readonly service: string;
  readonly handler: string;
  readonly origin: IndexedFailure["origin"];
  readonly letter: IndexedFailure["letter"];
  readonly eventId: string | null;
  readonly type: string | null;
  readonly subject: string | null;
  readonly state: ItemState;
  /** What its service said, or the log. */
  readonly detail: string | null;
  readonly askedAtMs: number | null;
  readonly answeredAtMs: number | null;
}

/** How fast, how careful, and why. */
export interface JobTerms {
  readonly by: string;
  /** For the audit. */
  readonly reason: string | null;
  /** Requests a second; null is as fast as it goes. */
  readonly ratePerSecond: number | null;
  /** Sizes of the stages before the rest; none: all at once. */
  readonly stages: readonly number[];
  /** It stops by itself once so many more failed anew; null: never. */
  readonly stopAfterFailures: number | null;
  /** Also what is older than the ids that the service remembers. */
  readonly force: boolean;
}

export interface RedriveJob extends JobTerms {
  readonly id: string;
  readonly action: JobAction;
  readonly state: JobState;
  /** Why it stopped, in a sentence; null unless it did. */
  readonly problem: string | null;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly lastAskedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly selection: unknown;
  readonly consumers: readonly PlannedConsumer[];
  readonly total: number;
  /** Items that were asked for, or passed over. */
  readonly next: number;
  /** Which stage it is at: 0 is the first; as many as there are stages is the rest. */
  readonly stage: number;
  /** Failures that a person has seen, and let it go on. */
  readonly forgiven: number;
  readonly isEdit: boolean;
  readonly counts: Readonly<Partial<Record<ItemState, number>>>;
}

export interface ItemPage {
  readonly items: readonly JobItem[];
  /** Of the next page; null on the last. */
  readonly cursor: number | null;
}

export interface LeftOutPage {
  readonly items: readonly LeftOut[];
  readonly cursor: number | null;
}

/** A receipt, as far as it answers a request. */
export interface TakenReceipt {
  readonly outcome: EventOutcome;
  readonly service: string;
  readonly handler: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly failureId: string | null;
  readonly requestId: string | null;
  readonly reason: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly atMs: number;
}

export const countOf = ({ counts }: Pick<RedriveJob, "counts">, states: ReadonlySet<ItemState>): number =>
  Object.entries(counts).reduce((sum, [state, count]) => sum + (states.has(state as ItemState) ? (count ?? 0) : 0), 0);
