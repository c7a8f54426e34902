import type { NewRecord } from "../seams/event-log.ts";
import type { Command } from "./command.ts";
import { auditTopic } from "./topic-names.ts";

/** What came of letters that were rehearsed in a build of their service, as it was reported. */
export interface RehearsedBuild {
  readonly version: string;
  readonly startedAtMs: number;
  readonly total: RehearsedCounts;
  /** By the fingerprint of their cause; those that the index did not know, or that were of too many causes, are in no group. */
  readonly groups: Readonly<Record<string, RehearsedCounts>>;
  /** Some of those that do not pass. */
  readonly others: readonly {
    readonly failureId: string;
    readonly handler: string;
    readonly group: string | null;
    readonly outcome: string;
    /** Values of personal fields are masked. */
    readonly why: string | null;
  }[];
}

export interface RehearsedCounts {
  readonly letters: number;
  readonly passed: number;
  /** They would make a call, which no rehearsal makes. */
  readonly calls: number;
}

/** An entry of `throughline.audit`: who asked for what, and why. */
export interface AuditEntry {
  readonly action: "redrive" | "discard" | "edit" | "redrive-job" | "rehearse" | Command["command"];
  /** Absent where somebody asks; else what the service did: it carried it out, refused it, or its time was over. */
  readonly outcome?: "done" | "refused" | "ended";
  /** What it did, in a sentence. */
  readonly detail?: string;
  /** Of a job for several: `*`. */
  readonly service: string;
  readonly handler: string;
  readonly by: string;
  readonly reason: string | null;
  readonly atMs: number;
  /** The redrive request, the job of many, or the command. */
  readonly id: string;
  readonly failureId?: string;
  /** What became of that dead letter for good. Receipts say the same, and expire long before the audit does. */
  readonly answer?: LetterAnswer;
  /** The job that a request is one of. */
  readonly jobId?: string;
  /** Of a rehearsal that was reported: what came of it. */
  readonly rehearsal?: RehearsedBuild;
}

/** How a dead letter ends: handled again, put aside, or refused, for its event had been handled before. */
export type LetterAnswer = "applied" | "duplicate" | "stale" | "discarded" | "refused";

/** What concerns the control plane and no service: who may use it, and what it tells whom. */
export type ControlAction =
  | "login"
  | "login-failed"
  | "logout"
  | "end-session"
  | "add-user"
  | "change-user"
  | "remove-user"
  | "add-token"
  | "remove-token"
  | "acknowledge"
  | "silence"
  | "unsilence"
  | "test-alert";

/** An entry of `throughline.audit` that names no service. */
export interface ControlAuditEntry {
  readonly action: ControlAction;
  /** The user, token, incident or channel that it is about. */
  readonly about: string;
  /** Where it was not done after all. */
  readonly outcome?: "refused";
  readonly detail?: string;
  readonly by: string;
  readonly reason: string | null;
  readonly atMs: number;
  readonly id: string;
}

export function auditRecord(entry: AuditEntry | ControlAuditEntry): NewRecord {
  return {
    topic: auditTopic,
    key: Buffer.from("about" in entry ? entry.about : `${entry.service}/${entry.handler}`),
    value: Buffer.from(JSON.stringify(entry)),
    headers: [["content-type", Buffer.from("application/json")]],
  };
}
