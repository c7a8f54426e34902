import { decodeEvent } from "throughline";
import type { LogRecord } from "throughline/seams";
import { type DeadLetter, readDeadLetter, readReceipt, readShippedLines } from "throughline/system-topics";
import { causeOf } from "../failures/fingerprint.ts";
import type {
  AuditMark,
  EventEntry,
  IndexBatch,
  LatestEntry,
  LetterEntry,
  LogEntry,
  PartitionRead,
  PartitionRef,
} from "../index-store/index-batch.ts";
import { adoptedEvent } from "../reading/failures.ts";
import type { PlacedReceipt } from "../reading/receipts.ts";
import { seenEvent, seenEventOf } from "../reading/seen-event.ts";
import { isAuditEntry, isDeadLetter, isLatest, isReceipt } from "./readable.ts";
import { isShippedLines } from "./readable-lines.ts";
import type { TopicContent } from "./what-stands-in.ts";

type OpenRead = { -readonly [Key in keyof PartitionRead]: PartitionRead[Key] };

/** Gathers what reads of several partitions bring, until it is worth a transaction. */
export class BatchBuilder {
  readonly #reads = new Map<string, { readonly number: number; readonly read: OpenRead }>();
  readonly #events: EventEntry[] = [];
  readonly #receipts: PlacedReceipt[] = [];
  readonly #letters: LetterEntry[] = [];
  readonly #audit: AuditMark[] = [];
  readonly #latest: LatestEntry[] = [];
  readonly #logs: LogEntry[] = [];
  #records = 0;

  get records(): number {
    return this.#records;
  }

  get isEmpty(): boolean {
    return this.#reads.size === 0;
  }

  /** That a partition is read from where the index stands. `lost` records before the first that is there are gone. */
  begin(at: PartitionRef, from: number, endOffset: number, atMs: number, lost: number): void {
    const key = `${at.partition}/${at.topic}`;
    if (this.#reads.has(key)) return;
    const read = { at, from, to: from + lost, endOffset, atMs, lost, lostUntilMs: null, undecodable: 0, problem: null };
    this.#reads.set(key, { number: this.#reads.size, read });
  }

  add(content: TopicContent, record: LogRecord): void {
    const { number, read } = this.#reads.get(`${record.partition}/${record.topic}`)!;
    if (read.lost > 0 && read.lostUntilMs === null) read.lostUntilMs = record.timestampMs;
    read.to = record.offset + 1;
    this.#records += 1;
    try {
      if (this.#take(content, record, number, read.atMs)) return;
      read.problem = `${record.offset}: it is no record of this topic's form`;
    } catch (error) {
      // Its code and place only: a message may quote the data.
      read.problem = `${record.offset}: ${(error as { code?: string }).code ?? "it is no JSON"}`;
    }
    read.undecodable += 1;
  }

  /** The partition was read up to here, whether or not a record stands before it. */
  reach(at: PartitionRef, to: number): void {
    const { read } = this.#reads.get(`${at.partition}/${at.topic}`)!;
    read.to = Math.max(read.to, to);
  }

  finish(): IndexBatch {
    return {
      reads: [...this.#reads.values()].map(({ read }) => read),
      events: this.#events,
      receipts: this.#receipts,
      letters: this.#letters,
      audit: this.#audit,
      latest: this.#latest,
      logs: this.#logs,
    };
  }

  #take(content: TopicContent, record: LogRecord, read: number, nowMs: number): boolean {
    if (content === "events") return this.#takeEvent(record, read);
    if (content === "letters") return this.#takeLetter(record);
    if (content === "latest") return this.#takeLatest(record);
    if (content === "logs") return this.#takeLogs(record, nowMs);
    const { partition, offset } = record;
    if (content === "receipts") {
      const receipt = readReceipt(record.value);
      if (!isReceipt(receipt)) return false;
      this.#receipts.push({ receipt, partition, offset });
      return true;
    }
    const entry = record.value === null ? null : (JSON.parse(Buffer.from(record.value).toString()) as unknown);
    if (!isAuditEntry(entry)) return false;
    this.#audit.push({ entry, place: { partition, offset } });
    return true;
  }

  #takeEvent(record: LogRecord, read: number): boolean {
    // A tombstone of a compacted topic is no event, and no trouble.
    if (record.value === null && record.headers.length === 0) return true;
    this.#events.push({ read, event: seenEventOf(record, decodeEvent(record)) });
    return true;
  }

  #takeLetter(record: LogRecord): boolean {
    const found = readDeadLetter(record);
    if (found === null || !isDeadLetter(found.letter)) return false;
    const { original } = found;
    const letter = countable(found.letter);
    const { topic, partition, offset } = record;
    const event = seenEvent(original) ?? adoptedEvent(letter);
    this.#letters.push({ letter, event, cause: causeOf(letter), place: { topic, partition, offset } });
    return true;
  }

  #takeLogs({ value, timestampMs }: LogRecord, nowMs: number): boolean {
    const sent = readShippedLines(value);
    if (!isShippedLines(sent)) return false;
    this.#logs.push({ sent, atMs: Math.min(timestampMs, nowMs) });
    // Each costs the index as much as an event: a transaction holds so many rows, not so many records.
    this.#records += Math.max(0, sent.lines.length - 1);
    return true;
  }

  #takeLatest({ topic, key, value, timestampMs: atMs }: LogRecord): boolean {
    if (key === null || (value !== null && !isLatest(topic, value))) return false;
    this.#latest.push({ topic, key: Buffer.from(key).toString(), value, atMs });
    return true;
  }
}

/** Lists go on behind a letter by its time, and attempts are added up: fractions, negative numbers and texts count as none. */
function countable(letter: DeadLetter): DeadLetter {
  const { attemptsOmitted: omitted, failedAtMs } = letter;
  return {
    ...letter,
    failedAtMs: Math.max(0, Math.round(failedAtMs)),
    ...(omitted === undefined ? {} : { attemptsOmitted: Number.isSafeInteger(omitted) ? Math.max(0, omitted) : 0 }),
  };
}
