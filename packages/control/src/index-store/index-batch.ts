import type { AuditEntry, ControlAuditEntry, DeadLetter, Receipt, ShippedLines } from "throughline/system-topics";
import type { FailureCause } from "../failures/fingerprint.ts";
import type { PlacedReceipt } from "../reading/receipts.ts";
import type { SeenEvent } from "../reading/seen-event.ts";

/** One partition of a topic as it is now: a topic that was created anew has another id. */
export interface PartitionRef {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** That a partition was read from an offset to another, and what came of it beside entries. */
export interface PartitionRead {
  readonly at: PartitionRef;
  /** Where the index stood; 0 where it knew nothing. */
  readonly from: number;
  readonly to: number;
  readonly endOffset: number;
  readonly atMs: number;
  readonly lost: number;
  /** The time of the first record behind those that were lost; null where none were. */
  readonly lostUntilMs: number | null;
  readonly undecodable: number;
  readonly problem: string | null;
}

/** An event of a batch, by the number of its partition's read. */
export interface EventEntry {
  readonly read: number;
  readonly event: SeenEvent;
}

export interface LetterEntry {
  readonly letter: DeadLetter;
  /** Null where the original is no event. */
  readonly event: SeenEvent | null;
  readonly cause: FailureCause;
  /** Where the letter itself stands. */
  readonly place: { readonly topic: string; readonly partition: number; readonly offset: number };
}

export interface AuditMark {
  readonly entry: AuditEntry | ControlAuditEntry;
  readonly place: { readonly partition: number; readonly offset: number };
}

/** The newest record of a key of a compacted system topic; null is its removal. */
export interface LatestEntry {
  readonly topic: string;
  readonly key: string;
  readonly value: Uint8Array | null;
  /** The record's time. */
  readonly atMs: number;
}

/** Log lines that an instance sent together. */
export interface LogEntry {
  readonly sent: ShippedLines;
  /** When they came; never later than now, whatever the record says. */
  readonly atMs: number;
}

/** What some reads of the log brought, in the order of each partition. */
export interface IndexBatch {
  readonly reads: readonly PartitionRead[];
  readonly events: readonly EventEntry[];
  readonly receipts: readonly PlacedReceipt<Receipt>[];
  readonly letters: readonly LetterEntry[];
  readonly audit: readonly AuditMark[];
  readonly latest: readonly LatestEntry[];
  readonly logs: readonly LogEntry[];
}
