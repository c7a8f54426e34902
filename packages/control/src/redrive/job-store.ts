import type { IndexedFailure } from "../failures/indexed-failure.ts";
import type {
  ItemPage,
  ItemState,
  JobAction,
  JobItem,
  JobState,
  JobTerms,
  LeftOutPage,
  PlannedConsumer,
  RedriveJob,
  RedrivePlan,
  TakenReceipt,
} from "./job.ts";
import type { LeftOut } from "./selection.ts";

/**
 * Plans and jobs, in a place of their own: an index can be rebuilt from the log, and these cannot. Every change is one transaction, so
 * that a job goes on at its exact place whenever its process dies. A file of SQLite, or PostgreSQL for several control planes.
 */
export interface JobStore {
  /** Begins a plan, which nobody sees until it is completed. */
  draft(plan: PlanDraft): Promise<void>;
  /** In any order. A letter that the plan has already is added once. */
  addItems(planId: string, items: readonly IndexedFailure[]): Promise<void>;
  leaveOut(planId: string, items: readonly LeftOut[]): Promise<void>;
  /** Numbers some of the items, by consumer, then by their place in the log. Answers whether more are left. */
  arrange(planId: string): Promise<boolean>;
  /** What the items of a plan have in common. */
  consumersOf(planId: string): Promise<DraftConsumer[]>;
  /** Those of some subjects that a letter of the plan holds up. */
  heldSubjects(planId: string, consumer: { service: string; handler: string }, subjects: readonly string[]): Promise<Set<string>>;
  completePlan(planId: string, told: Pick<RedrivePlan, "consumers" | "warnings">): Promise<void>;
  /** Null for one that is not there, or is not complete. */
  plan(id: string): Promise<RedrivePlan | null>;
  leftOut(id: string, page: { readonly cursor: number; readonly limit: number }): Promise<LeftOutPage>;

  /**
   * Makes a job of a plan; what another active job has is passed over. Of one that is confirmed already it answers the job, so that it
   * may be repeated. Null for a plan that is not there, or whose time is over.
   * @param from Where receipts ended before anything was sent.
   */
  confirm(id: string, terms: JobTerms, from: readonly ReceiptPosition[], nowMs: number): Promise<RedriveJob | null>;
  job(id: string): Promise<RedriveJob | null>;
  /** The newest first. */
  jobs(page: { readonly cursor: number | null; readonly limit: number }): Promise<{ jobs: RedriveJob[]; cursor: number | null }>;
  /** Those that send, or wait for answers, or for a person. */
  active(): Promise<RedriveJob[]>;
  items(id: string, page: ItemQuery): Promise<ItemPage>;
  /** What replaces the payload of a job's event; null where nothing does. Forgotten once the job has ended. */
  edited(id: string): Promise<Uint8Array | null>;

  /** The next items to be asked for, in their order; those that were answered meanwhile are among them. */
  nextItems(id: string, limit: number): Promise<JobItem[]>;
  /** That the items from `next` on were asked for. False when the job stands elsewhere by now: somebody else sent them, too. */
  sent(id: string, next: number, items: readonly SentItem[], atMs: number): Promise<boolean>;
  receiptPositions(id: string): Promise<ReceiptPosition[]>;
  /** What receipts say of a job's items, and how far they are read. False when they were taken already. */
  take(id: string, reads: readonly ReceiptRead[], receipts: readonly TakenReceipt[]): Promise<boolean>;
  /** Changes a job that is in one of some states; null when it is in another. */
  change(id: string, from: readonly JobState[], change: JobChange): Promise<RedriveJob | null>;

  /**
   * Takes the lease to run jobs, or keeps it, until `untilMs`; false while another holder has it. A store of several machines goes by a
   * clock of its own, and takes of the times how far they are apart.
   */
  claim(holder: string, times: { readonly nowMs: number; readonly untilMs: number }): Promise<boolean>;
  release(holder: string): Promise<void>;
  /** Removes some of what complete plans were drafted of, plans whose time is over, and jobs that ended before `endedBeforeMs`. Answers whether more is left. */
  prune(nowMs: number, endedBeforeMs: number): Promise<boolean>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PlanDraft {
  readonly id: string;
  readonly action: JobAction;
  readonly by: string;
  readonly selection: unknown;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly edited: Uint8Array | null;
}

export type DraftConsumer = Pick<PlannedConsumer, "service" | "handler" | "count" | "heldSubjects" | "failedIn"> & {
  readonly uncertain: number;
  /** The lowest place of its letters in each partition. */
  readonly places: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
};

export interface ReceiptPosition {
  readonly partition: number;
  readonly offset: number;
}

export interface ReceiptRead {
  readonly partition: number;
  /** Where the job stood. */
  readonly from: number;
  readonly to: number;
}

export interface SentItem {
  readonly no: number;
  readonly state: Extract<ItemState, "asked" | "not-sent" | "answered-before">;
  readonly detail: string | null;
  /** Its request stands in the log: it was asked for, even if its job was cancelled meanwhile. */
  readonly isWritten?: boolean;
}

export interface ItemQuery {
  /** The number of the first item; that of the next page comes with a page. */
  readonly cursor: number;
  readonly limit: number;
  readonly states?: readonly ItemState[];
}

export interface JobChange {
  readonly state?: JobState;
  readonly problem?: string | null;
  readonly stage?: number;
  readonly forgiven?: number;
  readonly ratePerSecond?: number | null;
  readonly endedAtMs?: number;
  /** What was not asked for yet never will be: some of it, as much as one transaction may take. `counts.waiting` tells what is left. */
  readonly dropWaiting?: boolean;
}
