import { crashPoint } from "../crash/index.ts";
import { deliveryKey } from "./delivery.ts";
import type { CursorKey, CursorRow } from "../seams/store.ts";
import type { Timer } from "../seams/runtime.ts";
import { packDurations, receiptRecord, type RangeReceipt } from "../system-topics/index.ts";
import type { ServiceScope } from "./scope.ts";
import type { NewRecord } from "../seams/event-log.ts";

interface OpenRange {
  readonly handler: string;
  readonly cursor: CursorRow;
  /** What it covers; the durations begin at `from`. */
  readonly since: number;
  readonly from: number;
  to: number;
  durations: (number | null)[];
  /** When the last of it was handled. */
  atMs: number;
}

const flushEveryMs = 250;
const largestRange = 2_000;
const mostWaiting = 20_000;
const retryAfterMs = 5_000;
/** How often a cursor's mark follows: what lies between is only reported again after a crash. */
const markEveryMs = 2_000;

/** What is known of a cursor's receipts. */
interface Reported {
  readonly handler: string;
  cursor: CursorRow;
  /** Everything before is in the log. */
  upTo: number;
  /** What the store says of `upTo`. */
  written: number;
  /** In the log too, beyond a hole; in order. */
  beyond: { from: number; to: number }[];
  /** Everything before was handled, here or by another process. */
  handledTo: number;
  isOpen: boolean;
  isFilling: boolean;
}

/**
 * Reports what was applied live, as ranges of offsets. Inbox and cursors are its outbox: whatever was handled and is not known to
 * be in the log is a hole before what is, and is read back from the log and the inbox. Holes come from a crash (between the
 * cursor's `reportedOffset` and its offset), from a commit that was only found later to have happened, of this process or of a
 * zombie's, and from too many ranges that wait. A receipts topic that is away costs one warning and no waiting (R14).
 */
export class ReceiptReporter {
  readonly #scope: ServiceScope<unknown>;
  readonly #open = new Map<string, OpenRange>();
  #closed: OpenRange[] = [];
  #timer: Timer | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #warned = false;
  #isClosed = false;
  #markedAt = Number.NEGATIVE_INFINITY;
  /** By cursor. */
  readonly #reported = new Map<string, Reported>();

  constructor(scope: ServiceScope<unknown>) {
    this.#scope = scope;
  }

  /** A lane of this cursor takes records from now on. What was handled before, and may not be in the log, is reported again. */
  open(handler: string, cursor: CursorRow): void {
    const reported = this.#reportedOf(handler, cursor);
    reported.cursor = cursor;
    reported.upTo = Math.max(reported.upTo, cursor.reportedOffset);
    reported.isOpen = true;
    this.found(cursor, cursor.offset);
  }

  /** The store says that everything before `offset` was handled. */
  found(cursor: CursorKey, offset: number): void {
    const reported = this.#reported.get(cursorId(cursor));
    if (reported !== undefined) reported.handledTo = Math.max(reported.handledTo, offset);
    this.#timer ??= this.#scope.surroundings.clock.after(flushEveryMs, () => void this.flush());
  }

  /** Its lane has ended: the next owner fills what holes there are. */
  closed(cursor: CursorKey): void {
    const reported = this.#reported.get(cursorId(cursor));
    if (reported !== undefined) reported.isOpen = false;
  }

  /** Notes that a lane moved from `from` to `to`, and which of these offsets it applied. */
  add(
    handler: string,
    cursor: CursorRow,
    from: number,
    to: number,
    applied: readonly { offset: number; micros: number }[],
  ): void {
    const id = cursorId(cursor);
    let range = this.#open.get(id);
    if (range !== undefined && (range.to !== from || range.durations.length + (to - from) > largestRange)) {
      this.#close(id, range);
      range = undefined;
    }
    // A gap of many offsets (a compacted topic) is not worth a byte each: the range then starts after it.
    const start = to - from > largestRange ? Math.min(applied[0]?.offset ?? to, to) : from;
    range ??= { handler, cursor, since: from, from: start, to: start, durations: [], atMs: 0 };
    const base = range.to;
    for (let offset = base; offset < to; offset++) range.durations.push(null);
    for (const { offset, micros } of applied) range.durations[offset - range.from] = micros;
    range.to = to;
    range.atMs = this.#scope.surroundings.clock.now();
    this.#open.set(id, range);
    this.#timer ??= this.#scope.surroundings.clock.after(flushEveryMs, () => void this.flush());
  }

  /** Sends what was noted. Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    for (const [id, range] of this.#open) this.#close(id, range);
    this.#flushing = this.#flushing.then(() => this.#send());
    return this.#flushing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    this.#timer?.cancel();
  }

  #close(id: string, range: OpenRange): void {
    this.#open.delete(id);
    this.#closed.push(range);
    if (this.#closed.length > mostWaiting) this.#closed.splice(0, this.#closed.length - mostWaiting);
  }

  async #send(): Promise<void> {
    const ranges = this.#closed;
    this.#closed = [];
    const unsent = new Set(ranges);
    try {
      const told = ranges.filter(({ durations }) => durations.length > 0);
      const results = told.length === 0 ? [] : await this.#scope.log.append(told.map((range) => this.#record(range)));
      const refused = new Set(told.filter((_, index) => results[index]?.ok === false));
      for (const range of ranges) {
        if (refused.has(range)) continue;
        unsent.delete(range);
        this.#confirm(range);
      }
      await this.#markReported();
      for (const result of results) if (!result.ok) throw result.error;
      this.#warned = false;
    } catch (error) {
      // They are not lost: they are sent again, and the cursors' marks stay before them for the next start.
      this.#closed = [...unsent, ...this.#closed];
      this.#failed(error);
    }
    for (const reported of this.#reported.values()) this.#fillHole(reported);
  }

  #failed(error: unknown): void {
    if (!this.#isClosed) this.#timer ??= this.#scope.surroundings.clock.after(retryAfterMs, () => void this.flush());
    if (!this.#warned)
      this.#scope.logger.warn({ err: error }, "receipts cannot be reported; handling goes on, and they are reported later");
    this.#warned = true;
  }

  /** Reads back what was handled and is in no range that was sent or waits. */
  #fillHole(reported: Reported): void {
    const { upTo, beyond, handledTo, isOpen, isFilling } = reported;
    const to = beyond[0]?.from ?? handledTo;
    if (upTo >= to || !isOpen || isFilling || this.#isClosed || this.#waits(reported)) return;
    reported.isFilling = true;
    void this.#readBack(reported, upTo, to)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (reported.isFilling = false));
  }

  /** Whether a range that waits begins where all before is in the log. */
  #waits({ cursor, upTo }: Reported): boolean {
    const id = cursorId(cursor);
    const begins = (range: OpenRange): boolean => range.since <= upTo && upTo < range.to;
    const open = this.#open.get(id);
    return (open !== undefined && begins(open)) || this.#closed.some((range) => cursorId(range.cursor) === id && begins(range));
  }

  async #readBack({ handler, cursor }: Reported, start: number, toOffset: number): Promise<void> {
    const { handlerId, epoch, topic, partition } = cursor;
    const { log, store, closing: signal } = this.#scope;
    const deliver = this.#scope.deliveries.reader(topic);
    let from = start;
    for await (const records of log.read({ topic, partition, fromOffset: from, toOffset, signal })) {
      const keys = records.map((record) => deliveryKey(deliver(record)));
      const found = await store.unitOfWork((unit) => unit.inbox.find({ handlerId, epoch }, keys), { readOnly: true });
      const applied = [...found.values()].filter(
        (row) => row.outcome === "applied" && row.partition === partition && row.offset >= from,
      );
      const to = (records.at(-1)?.offset ?? from) + 1;
      this.add(
        handler,
        cursor,
        from,
        to,
        applied.map((row) => ({ offset: row.offset, micros: row.durationMicros })),
      );
      from = to;
    }
    // Offsets at its end that hold no record (any more).
    if (from < toOffset && !signal.aborted) this.add(handler, cursor, from, toOffset, []);
  }

  /** A range reached the log: the mark passes it when nothing before it is missing. */
  #confirm({ handler, cursor, since, to }: OpenRange): void {
    const reported = this.#reportedOf(handler, cursor);
    const ranges = [...reported.beyond, { from: since, to }].sort((a, b) => a.from - b.from);
    reported.beyond = [];
    for (const range of ranges) {
      const last = reported.beyond.at(-1);
      if (range.from <= reported.upTo) reported.upTo = Math.max(reported.upTo, range.to);
      else if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
      else reported.beyond.push(range);
    }
  }

  #reportedOf(handler: string, cursor: CursorRow): Reported {
    const id = cursorId(cursor);
    const known = this.#reported.get(id);
    if (known !== undefined) return known;
    const { offset, reportedOffset } = cursor;
    const first = { upTo: reportedOffset, written: reportedOffset, beyond: [], handledTo: offset };
    const reported: Reported = { handler, cursor, ...first, isOpen: false, isFilling: false };
    this.#reported.set(id, reported);
    return reported;
  }

  #record({ handler, cursor, from, to, durations, atMs }: OpenRange): NewRecord {
    const { service, instance, version } = this.#scope.identity;
    const receipt: RangeReceipt = {
      kind: "range",
      service,
      instance,
      version,
      handler,
      epoch: cursor.epoch,
      topic: cursor.topic,
      partition: cursor.partition,
      from,
      to,
      applied: packDurations(durations),
      atMs,
    };
    return receiptRecord(receipt);
  }

  get #unmarked(): Reported[] {
    return [...this.#reported.values()].filter(({ upTo, written }) => upTo > written);
  }

  async #markReported(): Promise<void> {
    const unmarked = this.#unmarked;
    if (unmarked.length === 0) return;
    const { clock } = this.#scope.surroundings;
    const againInMs = this.#markedAt + markEveryMs - clock.monotonic();
    // At once where a lane has ended: its next owner need not read back what is in the log.
    if (againInMs > 0 && !this.#isClosed && unmarked.every(({ isOpen }) => isOpen)) {
      this.#timer ??= clock.after(againInMs, () => void this.flush());
      return;
    }
    crashPoint("receipts.before-mark");
    // Each by itself: one that waits for a cursor, which its lane has locked, keeps no other lane from its own.
    for (const reported of unmarked) {
      const { cursor, upTo } = reported;
      await this.#scope.store.unitOfWork((unit) => unit.cursors.markReported(cursor, upTo));
      reported.written = upTo;
    }
    this.#markedAt = clock.monotonic();
    crashPoint("receipts.after-mark");
  }
}

function cursorId({ handlerId, epoch, topicId, partition }: CursorKey): string {
  return `${handlerId}/${epoch}/${topicId}/${partition}`;
}
