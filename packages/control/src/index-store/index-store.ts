import type {
  AuditEntry,
  ControlAuditEntry,
  ContractsAnnouncement,
  EventReceipt,
  RangeReceipt,
  ServiceAnnouncement,
} from "throughline/system-topics";
import type { FailureGroup, FailurePage, FailureQuery, IndexedFailure } from "../failures/indexed-failure.ts";
import type { LogGap } from "../log-lines/log-line.ts";
import type { LogGapQuery, LogLinePage, LogLineQuery } from "../log-lines/log-line-query.ts";
import type { PlacedReceipt } from "../reading/receipts.ts";
import type { SeenEvent } from "../reading/seen-event.ts";
import type { IndexBatch, PartitionRef } from "./index-batch.ts";
import type { Traffic, TypeSeen } from "./traffic.ts";

/**
 * What the control plane knows of the log: places and public fields, never data (R15). It holds nothing that cannot be read from the
 * log again. SQLite here; another store implements the same.
 */
export interface IndexStore {
  /**
   * Writes a batch and moves its partitions' positions, all in one transaction. Refuses it whole with `INDEX_MOVED` (retryable) when
   * a partition does not stand where the batch begins: somebody else indexed it, or it was written before.
   */
  apply(batch: IndexBatch): Promise<void>;
  /** Every partition that is indexed, or was. */
  positions(): Promise<IndexedPartition[]>;
  /** A number that is another one when something was written since. */
  version(): Promise<number>;
  /** Notes where partitions end now, without reading them: what is told of the index's delay rests on it. */
  look(partitions: readonly { readonly at: PartitionRef; readonly endOffset: number }[], atMs: number): Promise<void>;
  /** Partitions of topics that were deleted, or created anew under another id: what stands of them goes with the next retention. */
  giveUp(partitions: readonly PartitionRef[]): Promise<void>;
  /** Notes where groups have committed; one that stood there for a while is told apart. */
  noteCommitted(offsets: readonly CommittedMark[], atMs: number): Promise<void>;

  findEvents(query: EventQuery): Promise<SeenEvent[]>;
  /** What receipts tell of places in the log, and of the handlers that read their partitions. */
  receiptsOf(places: readonly Place[]): Promise<IndexedReceipts>;
  /** The newest dead letter of each handler and place. */
  failuresAt(places: readonly Place[]): Promise<IndexedFailure[]>;
  /**
   * Subjects of events that stand parked behind another of their subject, once for each, by the last word of a handler on each place of a
   * partition: some of them, from an offset on. `next` is where the page after begins; null on the last.
   */
  parkedBehind(query: ParkedBehindQuery): Promise<{ readonly subjects: readonly string[]; readonly next: number | null }>;
  announcements(): Promise<ServiceAnnouncement[]>;
  committed(): Promise<SettledMark[]>;
  /** When each version of a service was first and last at work, by announcements, receipts and dead letters. */
  versionsOf(service: string): Promise<ServiceVersion[]>;

  /** Groups of failures by their cause, those with most open ones first. */
  failureGroups(query?: FailureGroupQuery): Promise<FailureGroup[]>;
  failures(query: FailureQuery): Promise<FailurePage>;
  /** One failure by its whole id; replaced ones, too. */
  failure(failureId: string): Promise<IndexedFailure | null>;
  /** Failures of which an id, or the subject, begins so. */
  failuresNamed(kind: FailureIdKind, prefix: string, limit: number): Promise<IndexedFailure[]>;
  /** Later events of its subject that wait for it, as far as receipts tell: how many, and the first of them. */
  waitingBehind(failure: IndexedFailure, limit: number): Promise<WaitingEvents>;
  /** How many failures each handler has, and how many of them nobody has answered. */
  failureCounts(): Promise<FailureCount[]>;
  /** What somebody asked for, newest first. */
  auditEntries(query: AuditQuery): Promise<AuditPage>;
  /** The newest acknowledgement of everything that was acknowledged. */
  acknowledgements(): Promise<AcknowledgedMark[]>;
  /** Tenants with failures that nobody has answered, most of them first. */
  hurtTenants(limit: number, tenantId?: string): Promise<HurtTenant[]>;

  /** What services announced of their contracts, oldest first: the very same array while nothing new is announced. */
  contracts(): Promise<IndexedContracts[]>;
  /** Every type, source and version of events that was ever indexed. */
  typesSeen(): Promise<TypeSeen[]>;
  /** Events that came since a time, by the times of their records: of the last two days. */
  traffic(sinceMs: number): Promise<Traffic[]>;

  /** Log lines that services shipped, of a flow or an event. */
  logLines(query: LogLineQuery): Promise<LogLinePage>;
  /** Where services dropped lines that they were to ship: at most 100 of them. */
  logGaps(query: LogGapQuery): Promise<LogGap[]>;

  /** One bounded step of removing what is too old or too much. Answers whether more is left to remove. */
  retain(limits: RetentionLimits, nowMs: number): Promise<boolean>;
  /** Forgets everything, to be read from the log again. */
  clear(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface ParkedBehindQuery {
  readonly service: string;
  readonly handler: string;
  readonly topic: string;
  readonly partition: number;
  /** Only places after this offset. */
  readonly after: number;
  /** Receipts that are looked at. */
  readonly limit: number;
}

export interface IndexedPartition extends PartitionRef {
  /** The next offset to be indexed. */
  readonly nextOffset: number;
  readonly endOffset: number;
  /** When the end was last looked at. */
  readonly lookedAtMs: number;
  /** Records that retention removed before they were indexed. */
  readonly lost: number;
  /** The time of the first record behind them; null where none were lost. */
  readonly lostUntilMs: number | null;
  /** Records that are no events, or could not be read; and what the last of them said. */
  readonly undecodable: number;
  readonly problem: string | null;
  /** Its topic is gone, or was created anew. */
  readonly isGone: boolean;
}

export interface CommittedMark {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface SettledMark extends CommittedMark {
  /** An offset that it had passed half a minute before the last look, or earlier: receipts of what lies before it had time to come. */
  readonly settled: number | null;
}

/** Ids are whole. A flow is known by its correlation id; an event without one begins a flow of its own id. */
export type EventQuery =
  | { readonly flow: string }
  | { readonly id: string }
  | { readonly subject: string; readonly limit: number };

export interface IndexedReceipts {
  readonly ranges: readonly RangeReceipt[];
  readonly told: readonly PlacedReceipt<EventReceipt>[];
  /** How far handlers' receipts reach in the places' partitions. */
  readonly reach: readonly {
    readonly service: string;
    readonly handler: string;
    readonly topic: string;
    readonly partition: number;
    readonly lowest: number;
    readonly highest: number;
  }[];
  /** Every handler that ever wrote a receipt. */
  readonly reporting: readonly { readonly service: string; readonly handler: string }[];
}

export interface ServiceVersion {
  readonly version: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface FailureGroupQuery {
  readonly fingerprint?: string;
  readonly service?: string;
  readonly handler?: string;
  /** Only groups that a tenant has failures of that nobody has answered, those with most of them first; a fingerprint finds its group all the same. */
  readonly tenantId?: string;
  /** Only groups with failures that nobody has answered. */
  readonly openOnly?: boolean;
  readonly limit?: number;
}

export type FailureIdKind = "failure" | "event" | "correlation" | "subject";

export interface WaitingEvents {
  readonly count: number;
  readonly events: readonly SeenEvent[];
}

export interface FailureCount {
  readonly service: string;
  readonly handler: string;
  readonly groups: number;
  readonly count: number;
  readonly open: number;
  readonly asked: number;
}

export interface AuditQuery {
  readonly service?: string;
  readonly handler?: string;
  readonly action?: string;
  readonly by?: string;
  readonly failureId?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only entries of these services, and none that names no service; default: all. */
  readonly services?: readonly string[];
  /** Actions that are left out. */
  readonly without?: readonly string[];
  readonly limit: number;
  /** Of the page before. */
  readonly cursor?: string;
}

export interface AuditPage {
  readonly entries: readonly (AuditEntry | ControlAuditEntry)[];
  /** Of the next page; null on the last. */
  readonly cursor: string | null;
}

export interface AcknowledgedMark {
  /** Of what was acknowledged: an incident's, or a problem's. */
  readonly id: string;
  readonly by: string;
  readonly note: string | null;
  readonly atMs: number;
}

export interface HurtTenant {
  readonly tenantId: string;
  /** Failures that nobody has answered. */
  readonly unanswered: number;
  /** Causes that they have. */
  readonly groups: number;
}

/** What stands in the log of a service's contracts. */
export interface IndexedContracts extends ContractsAnnouncement {
  /** When it was first announced so. */
  readonly firstMs: number;
}

export interface RetentionLimits {
  /** Events, and receipts of them, whose records are older go. Null: kept. */
  readonly eventsMs: number | null;
  readonly deadLettersMs: number | null;
  /** Beyond this size the oldest events go; log lines do not count. Null: no limit. */
  readonly maxBytes: number | null;
  /** Log lines that came before go. Null: kept. */
  readonly logsMs: number | null;
  /** Beyond this size, about, the oldest log lines go. Null: no limit. */
  readonly logsMaxBytes: number | null;
}
