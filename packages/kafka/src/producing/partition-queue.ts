import { coreError, type NewRecord } from "throughline/seams";
import { batchHeadBytes, recordBytesInBatch, writeRecordBatch } from "../protocol/record-batch-writer.ts";
import type { AppendCall } from "./append-call.ts";

const highestSequence = 2 ** 31 - 1;
const highestEpoch = 2 ** 15 - 1;

export interface QueuedRecord {
  readonly call: AppendCall;
  readonly index: number;
  /** The most that it takes in a batch. */
  readonly bytes: number;
}

/** What was sent, or is to be sent again as it is: its numbers are how the brokers know a repetition. */
export interface SentBatch {
  readonly records: readonly QueuedRecord[];
  bytes: Buffer;
  readonly deadlineMs: number;
  attempts: number;
}

type LogError = Parameters<AppendCall["unavailable"]>[1];

/**
 * What is to be appended to one partition, in order. One batch is under way at a time, and nothing follows it until it is settled:
 * with more, a batch that is refused once would be overtaken by the next one.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly #maxBatchBytes: number;
  readonly #giveUpAfterMs: number;
  #waiting: QueuedRecord[] = [];
  #next = 0;
  /** Halved when the brokers refuse a batch without saying which record is to blame. */
  #mostRecords = Number.POSITIVE_INFINITY;
  #producerId: bigint | null = null;
  #epoch = 0;
  #sequence = 0;
  sent: SentBatch | null = null;

  constructor(topic: string, partition: number, options: { readonly maxBatchBytes: number; readonly giveUpAfterMs: number }) {
    this.topic = topic;
    this.partition = partition;
    this.#maxBatchBytes = options.maxBatchBytes;
    this.#giveUpAfterMs = options.giveUpAfterMs;
  }

  get hasWaiting(): boolean {
    return this.#next < this.#waiting.length;
  }

  get needsProducerId(): boolean {
    return this.#producerId === null;
  }

  /** From now on; the sequence begins anew. What is under way is numbered anew too. */
  setProducerId(producerId: bigint): void {
    this.#producerId = producerId;
    this.#epoch = 0;
    this.#sequence = 0;
    if (this.sent !== null) this.sent.bytes = this.#write(this.sent.records);
  }

  push(call: AppendCall, index: number): void {
    this.#waiting.push({ call, index, bytes: recordBytesInBatch(call.records[index] as NewRecord) });
  }

  /** Takes the next records as the batch under way. False when none is left: the rest was skipped. */
  take(): boolean {
    const records: QueuedRecord[] = [];
    let bytes = batchHeadBytes;
    while (this.#next < this.#waiting.length && records.length < this.#mostRecords) {
      const queued = this.#waiting[this.#next] as QueuedRecord;
      if (queued.call.skips(queued.index, this.partition)) {
        this.#next += 1;
        continue;
      }
      if (records.length > 0 && bytes + queued.bytes > this.#maxBatchBytes) break;
      records.push(queued);
      bytes += queued.bytes;
      this.#next += 1;
    }
    this.#trim();
    const [first] = records;
    if (first === undefined) return false;
    const deadlineMs = first.call.startedMs + this.#giveUpAfterMs;
    this.sent = { records, bytes: this.#write(records), deadlineMs, attempts: 0 };
    return true;
  }

  appended(baseOffset: number): void {
    const { records } = this.#settle();
    this.#sequence = sequenceAfter(this.#sequence, records.length);
    this.#mostRecords = Number.POSITIVE_INFINITY;
    for (let i = 0; i < records.length; i += 1) {
      const { call, index } = records[i] as QueuedRecord;
      call.appended(index, this.partition, baseOffset + i);
    }
  }

  /**
   * The brokers refused the batch for what it holds. `bad` says which records are to blame, where the brokers do; else the batch is
   * tried again in halves until one record is left. Nothing was appended, so the numbers of the batch are free.
   */
  refused(bad: ReadonlyMap<number, LogError>, error: (record: NewRecord) => LogError): void {
    const { records } = this.#settle();
    const blamed = bad.size > 0 ? bad : records.length === 1 ? new Map([[0, error(recordOf(records[0] as QueuedRecord))]]) : null;
    if (blamed === null) this.#mostRecords = Math.ceil(records.length / 2);
    for (const [i, { call, index }] of records.entries()) {
      const why = blamed?.get(i);
      if (why !== undefined) call.refused(index, this.partition, why);
    }
    this.#putBack(records.filter((_, i) => blamed?.has(i) !== true));
  }

  /** The topic is no more, say: nothing of what waits will ever be appended. */
  refuseAll(error: (record: NewRecord) => LogError): void {
    const { records } = this.#settle();
    this.#putBack(records);
    const all = this.#waiting.slice(this.#next);
    this.#waiting = [];
    this.#next = 0;
    for (const queued of all) queued.call.refused(queued.index, this.partition, error(recordOf(queued)));
  }

  /**
   * Nobody knows whether the batch was appended, and it is not tried again: a new epoch keeps a copy of it that is still on its way
   * from being appended behind what follows. Later records of the same calls are not sent either.
   */
  giveUp(what: string): void {
    const { records } = this.#settle();
    const calls = new Set(records.map(({ call }) => call));
    const later = this.#waiting.slice(this.#next);
    this.#waiting = later.filter(({ call }) => !calls.has(call));
    this.#next = 0;
    this.nextEpoch();
    const error = coreError("LOG_UNAVAILABLE", { what });
    for (const { call, index } of [...records, ...later.filter(({ call }) => calls.has(call))]) call.unavailable(index, error);
  }

  /** The brokers do not know our numbers any more. Nothing of an older epoch is accepted once something of the next one was. */
  nextEpoch(): void {
    if (this.#epoch >= highestEpoch) this.#producerId = null;
    else this.#epoch += 1;
    this.#sequence = 0;
    if (this.sent !== null && this.#producerId !== null) this.sent.bytes = this.#write(this.sent.records);
  }

  forgetProducerId(): void {
    this.#producerId = null;
  }

  #write(records: readonly QueuedRecord[]): Buffer {
    const size = records.reduce((bytes, queued) => bytes + queued.bytes, batchHeadBytes);
    const identity = { producerId: this.#producerId ?? -1n, epoch: this.#epoch, firstSequence: this.#sequence };
    return writeRecordBatch(records.map(recordOf), size, identity, Date.now());
  }

  #settle(): SentBatch {
    const { sent } = this;
    if (sent === null) throw new Error("no batch is under way");
    this.sent = null;
    return sent;
  }

  #putBack(records: readonly QueuedRecord[]): void {
    this.#waiting = [...records, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
  }

  /** Removing each record from the front would move all that wait. */
  #trim(): void {
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#next > 10_000) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }
}

function recordOf({ call, index }: QueuedRecord): NewRecord {
  return call.records[index] as NewRecord;
}

function sequenceAfter(sequence: number, count: number): number {
  const left = highestSequence - sequence;
  return count > left ? count - left - 1 : sequence + count;
}
