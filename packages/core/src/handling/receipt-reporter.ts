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

/**
 * Reports what was applied live, as ranges of offsets. Inbox and cursors are its outbox: what a crash kept from the log is
 * between the cursor's `reportedOffset` and its offset, and `recover` reads it back from the log and the inbox. A receipts
 * topic that is away costs one warning and no waiting (R14).
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
  /** By cursor: up to where all is in the log, and what is beyond a hole. */
  readonly #reported = new Map<
    string,
    { key: CursorKey; upTo: number; written: number; beyond: { from: number; to: number }[] }
  >();

  constructor(scope: ServiceScope<unknown>) {
    this.#scope = scope;
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

  /** Reports again what may not have reached the log before a crash, from the log and the inbox. */
  async recover(handler: string, cursor: CursorRow, signal: AbortSignal): Promise<void> {
    const { handlerId, epoch, topic, partition } = cursor;
    if (cursor.reportedOffset >= cursor.offset) return;
    let from = cursor.reportedOffset;
    const deliver = this.#scope.deliveries.reader(topic);
    for await (const records of this.#scope.log.read({ topic, partition, fromOffset: from, toOffset: cursor.offset, signal })) {
      const keys = records.map((record) => deliveryKey(deliver(record)));
      const found = await this.#scope.store.unitOfWork((unit) => unit.inbox.find({ handlerId, epoch }, keys), { readOnly: true });
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
    if (ranges.length === 0 && this.#unmarked.length === 0) return;
    this.#closed = [];
    const unsent = new Set(ranges);
    try {
      const told = ranges.filter(({ durations }) => durations.length > 0);
      const results = await this.#scope.log.append(told.map((range) => this.#record(range)));
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
      if (!this.#isClosed) this.#timer ??= this.#scope.surroundings.clock.after(retryAfterMs, () => void this.flush());
      if (!this.#warned)
        this.#scope.logger.warn({ err: error }, "receipts cannot be reported; handling goes on, and they are reported later");
      this.#warned = true;
    }
  }

  /** A range reached the log: the mark passes it when nothing before it is missing. */
  #confirm({ cursor, since, to }: OpenRange): void {
    const id = cursorId(cursor);
    const start = { key: cursor, upTo: cursor.reportedOffset, written: cursor.reportedOffset, beyond: [] };
    const reported = this.#reported.get(id) ?? start;
    this.#reported.set(id, reported);
    reported.upTo = Math.max(reported.upTo, cursor.reportedOffset);
    const ranges = [...reported.beyond, { from: since, to }].sort((a, b) => a.from - b.from);
    reported.beyond = [];
    for (const range of ranges) {
      const last = reported.beyond.at(-1);
      if (range.from <= reported.upTo) reported.upTo = Math.max(reported.upTo, range.to);
      else if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
      else reported.beyond.push(range);
    }
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

  get #unmarked() {
    return [...this.#reported.values()].filter(({ upTo, written }) => upTo > written);
  }

  async #markReported(): Promise<void> {
    const unmarked = this.#unmarked;
    if (unmarked.length === 0) return;
    const { clock } = this.#scope.surroundings;
    const againInMs = this.#markedAt + markEveryMs - clock.monotonic();
    if (againInMs > 0 && !this.#isClosed) {
      this.#timer ??= clock.after(againInMs, () => void this.flush());
      return;
    }
    crashPoint("receipts.before-mark");
    // Each by itself: one that waits for a cursor, which its lane has locked, keeps no other lane from its own.
    for (const reported of unmarked) {
      const { key, upTo } = reported;
      await this.#scope.store.unitOfWork((unit) => unit.cursors.markReported(key, upTo));
      reported.written = upTo;
    }
    this.#markedAt = clock.monotonic();
    crashPoint("receipts.after-mark");
  }
}

function cursorId({ handlerId, epoch, topicId, partition }: CursorKey): string {
  return `${handlerId}/${epoch}/${topicId}/${partition}`;
}
