import type { Header, NewRecord } from "../seams/event-log.ts";
import type { LineLevel } from "./shipped-lines.ts";
import { servicesTopic } from "./topic-names.ts";

/** What one instance of a service says of itself, at start, every minute, on changes, and when it stops. */
export interface ServiceAnnouncement {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly owner: string | null;
  /** Names that the service had before. */
  readonly formerNames?: readonly string[];
  readonly state: "running" | "stopped";
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly publishes: readonly string[];
  /**
   * The hash of what it publishes and reads, which stands in a record of its own (`readContracts`). Absent where the instance runs
   * code that does not tell it, or could not: then nobody knows what it reads.
   */
  readonly contracts?: string;
  readonly handlers: readonly HandlerAnnouncement[];
  /** What on call decided, as this instance applies it. */
  readonly controls?: readonly ControlAnnouncement[];
  /** Commands that this instance carried out or refused lately, newest last. */
  readonly answers?: readonly CommandAnswer[];
  /** Rows in the outbox that the log has not taken yet, and subjects whose record it refused. */
  readonly outbox: {
    readonly waiting: number;
    readonly oldestMs: number | null;
    readonly stoppedSubjects: number;
    /** Why nothing is sent at all, in a sentence that says what to do. */
    readonly problem?: string | null;
  } | null;
  /** That it ships its log lines, from this level on. Absent: it ships none, or is of a version that cannot. */
  readonly shipsLogs?: { readonly level: LineLevel };
}

export interface HandlerAnnouncement {
  readonly name: string;
  readonly types: readonly { readonly type: string; readonly version: number }[];
  readonly streams: readonly string[];
  readonly order: "sequential" | "latest" | "any";
  readonly kind: "transaction" | "call";
  /** How its events share transactions now. */
  readonly mode: "shared" | "own" | "overlapping" | "set-based" | "set-based, own";
  /** How they were to share them: a statement may have ended that. */
  readonly askedMode: HandlerAnnouncement["mode"];
  /** Its transactions run one after the other in all instances, for they met deadlocks. */
  readonly isSerial: boolean;
  readonly from: string;
  readonly retryDelaysMs: readonly number[];
  /** `failing`: its breaker is open. `full`: it has parked as many events as it may. Both mend themselves. */
  readonly state: "live" | "catching-up" | "failing" | "full" | "paused" | "waiting" | "stopped";
  /** Why it waits or stopped, in a sentence that says what to do. */
  readonly problem: string | null;
  /** Events between its cursors and the ends of its partitions, where known. */
  readonly behind: number | null;
  readonly parked: number;
  readonly dead: number;
  /** Replays under way or ended, newest first. */
  readonly replays: readonly ReplayProgress[];
}

/** A pause, a limit or a hold that stands. */
export interface ControlAnnouncement {
  /** The command that asked for it. */
  readonly id: string;
  readonly kind: "pause" | "limit" | "hold";
  /** Null is every handler of the service. */
  readonly handler: string | null;
  readonly subject: string | null;
  readonly tenant: string | null;
  readonly perSecond: number | null;
  readonly reason: string | null;
  readonly by: string;
  readonly atMs: number;
  /** When it ends by itself; null is never. */
  readonly untilMs: number | null;
}

/** What came of a command. */
export interface CommandAnswer {
  readonly commandId: string;
  readonly state: "done" | "refused";
  /** What was done, or why not. */
  readonly sentence: string;
  readonly atMs: number;
}

export interface ReplayProgress {
  readonly commandId: string;
  readonly epoch: number;
  readonly kind: "rebuild" | "rerun";
  readonly state: "running" | "paused" | "done" | "cancelled" | "refused";
  /** Why it was refused; null otherwise. */
  readonly problem: string | null;
  readonly done: number;
  readonly total: number;
  readonly ratePerSecond: number | null;
  readonly remainingMs: number | null;
}

const headers: readonly Header[] = [["content-type", new TextEncoder().encode("application/json")]];

export function announcementRecord(announcement: ServiceAnnouncement): NewRecord {
  return {
    topic: servicesTopic,
    key: Buffer.from(`${announcement.service}/${announcement.instance}`),
    value: Buffer.from(JSON.stringify(announcement)),
    headers,
  };
}

/** An instance's announcement; null for another record of the services' topic. Throws for what is no JSON. */
export function readAnnouncement(value: Uint8Array | null): ServiceAnnouncement | null {
  const found = value === null ? null : (JSON.parse(Buffer.from(value).toString()) as ServiceAnnouncement & { kind?: unknown });
  return found?.kind === undefined ? found : null;
}
