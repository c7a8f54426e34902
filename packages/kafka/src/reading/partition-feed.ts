import { coreError, type LogRecord, type RecordBatch } from "throughline/seams";
import { backoffMs } from "../connection/backoff.ts";
import type { FetchedPartition } from "../protocol/fetch-request.ts";
import { RecordBatches } from "../protocol/record-batches.ts";

/** What a feed needs of the member that it reads for. */
export interface FeedHost {
  readonly maxBatchRecords: number;
  /** Nothing is delivered before this settles. Loses the feed's partition, if it belongs to somebody else by now. */
  confirmSession(): Promise<void>;
  deliver(batch: RecordBatch): Promise<void>;
  /** `deliver` rejected, or nothing can be read any more: the subscription ends. */
  end(error: unknown): void;
  /** In trouble, and trying again or waiting for a seek. */
  onTrouble(error: unknown): void;
  /** There is something to fetch for some feed. */
  wantsToFetch(): void;
}

interface Fetched {
  readonly batches: RecordBatches;
  readonly endOffset: number;
}

/**
 * Reads one partition for as long as a member holds it: keeps some fetched bytes ahead, and delivers one batch at a time. A full or
 * paused feed keeps no other one from being fetched.
 */
export class PartitionFeed {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly #host: FeedHost;
  /** Settles when `onAssigned` did. */
  assigned: Promise<void> = Promise.resolve();
  state: "held" | "revoking" | "gone" = "held";
  /** Whether a request for this partition is under way. */
  fetching = false;
  #started = false;
  #sought = false;
  #paused = false;
  #delivering = false;
  /** Where to fetch on, and from where the next batch is delivered. Null: nothing is read until a seek. */
  #fetchFrom: number | null = null;
  #deliverFrom = 0;
  #version = 0;
  #buffer: Fetched[] = [];
  #failures = 0;
  #waiting: NodeJS.Timeout | undefined;

  constructor(place: { readonly topic: string; readonly topicId: string; readonly partition: number }, host: FeedHost) {
    this.topic = place.topic;
    this.topicId = place.topicId;
    this.partition = place.partition;
    this.#host = host;
  }

  /** Begins to read from `offset`, or waits for a seek. */
  start(offset: number | null): void {
    this.#started = true;
    if (!this.#sought) this.#moveTo(offset);
    this.#host.wantsToFetch();
    void this.#deliver();
  }

  seek(offset: number): void {
    this.#sought = true;
    this.#moveTo(offset);
    this.#host.wantsToFetch();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    void this.#deliver();
  }

  /** No further batch; one that is under way goes on. */
  stop(state: "revoking" | "gone"): void {
    this.state = state;
    this.#buffer = [];
    clearTimeout(this.#waiting);
  }

  /** Where to fetch, when less than `lowBytes` are kept ahead; else null. */
  wanted(lowBytes: number): { readonly offset: number; readonly version: number } | null {
    if (!this.#started || this.fetching || this.state !== "held" || this.#fetchFrom === null || this.#waiting !== undefined)
      return null;
    let bytes = 0;
    for (const { batches } of this.#buffer) bytes += batches.remainingBytes;
    return bytes >= lowBytes ? null : { offset: this.#fetchFrom, version: this.#version };
  }

  /** Takes in what was fetched, unless a seek came in between. */
  fetched(response: FetchedPartition, fromOffset: number, version: number): void {
    this.#failures = 0;
    if (version !== this.#version || this.state !== "held" || response.records.length === 0) return;
    const { records: bytes, aborted, endOffset } = response;
    const batches = new RecordBatches(this, { bytes, aborted, fromOffset });
    this.#buffer.push({ batches, endOffset });
    this.#fetchFrom = Math.max(fromOffset, batches.lastOffset() + 1);
    void this.#deliver();
  }

  /** The offset asked for does not exist (any more). */
  outOfRange(earliest: number, end: number, version: number): void {
    const offset = this.#fetchFrom;
    if (version !== this.#version || offset === null) return;
    // Records that are gone: the next batch begins where reading stood, and its first record after the gap.
    if (offset < earliest) this.#fetchFrom = earliest;
    else {
      this.#moveTo(null);
      const { topic, partition } = this;
      this.#host.onTrouble(coreError("LOG_OFFSET_OUT_OF_RANGE", { topic, partition, offset, earliest, end }));
    }
  }

  /** The next fetch waits a moment, longer with each failure in a row. */
  waitABit(): void {
    this.#failures += 1;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      this.#host.wantsToFetch();
    }, backoffMs(this.#failures));
  }

  #moveTo(offset: number | null): void {
    this.#version += 1;
    this.#buffer = [];
    this.#fetchFrom = offset === null ? null : Math.max(0, offset);
    this.#deliverFrom = this.#fetchFrom ?? 0;
  }

  #mayDeliver(): boolean {
    return this.#started && !this.#paused && this.state === "held" && this.#buffer.length > 0;
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#mayDeliver()) {
        await this.#host.confirmSession();
        const batch = this.#mayDeliver() ? this.#nextBatch() : null;
        if (batch !== null) await this.#host.deliver(batch);
      }
    } catch (error) {
      this.#host.end(error);
    } finally {
      this.#delivering = false;
    }
  }

  #nextBatch(): RecordBatch | null {
    const { topic, topicId, partition } = this;
    const { maxBatchRecords } = this.#host;
    const records: LogRecord[] = [];
    let nextOffset = this.#deliverFrom;
    let endOffset = 0;
    // Over the end of what one answer brought: batches are as large as they may be, however little is fetched at once.
    for (let [fetched] = this.#buffer; fetched !== undefined && records.length < maxBatchRecords; [fetched] = this.#buffer) {
      records.push(...fetched.batches.read(maxBatchRecords - records.length));
      ({ nextOffset } = fetched.batches);
      ({ endOffset } = fetched);
      if (!fetched.batches.isDone) break;
      this.#buffer.shift();
    }
    this.#host.wantsToFetch();
    if (records.length === 0) return null;
    const fromOffset = this.#deliverFrom;
    this.#deliverFrom = nextOffset;
    return { topic, topicId, partition, fromOffset, nextOffset, endOffset, records };
  }
}
