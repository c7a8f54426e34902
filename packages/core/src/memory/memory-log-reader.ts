import { coreError } from "../errors/index.ts";
import type { RecordBatch } from "../seams/event-log.ts";
import type { MemoryPartition } from "./memory-log-partition.ts";

export interface MemoryReaderOptions {
  readonly maxBatchRecords: number;
  /** Whether the log can be reached. */
  available(): boolean;
  onBatch(batch: RecordBatch): Promise<void>;
  onError(error: Error): void;
  /** `onBatch` rejected. */
  onFailed(error: unknown): void;
}

/** Delivers one partition to one member: a batch at a time, from where it was told to. */
export class MemoryReader {
  readonly partition: MemoryPartition;
  readonly #options: MemoryReaderOptions;
  #position: number | null = null;
  #started = false;
  #paused = false;
  #stopped = false;
  #delivering = false;

  constructor(partition: MemoryPartition, options: MemoryReaderOptions) {
    this.partition = partition;
    this.#options = options;
    partition.readers.add(this);
  }

  /** The member knows now where to read from; null: it will seek. */
  start(position: number | null): void {
    this.#started = true;
    if (position === null) this.wake();
    else this.seek(position);
  }

  seek(position: number): void {
    this.#position = position;
    this.wake();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.wake();
  }

  /** No batch begins after this. */
  stop(): void {
    this.#stopped = true;
    this.partition.readers.delete(this);
  }

  wake(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    queueMicrotask(() => void this.#deliver());
  }

  async #deliver(): Promise<void> {
    try {
      for (let batch = this.#next(); batch !== null; batch = this.#next()) {
        this.#position = batch.nextOffset;
        await this.#options.onBatch(batch);
      }
    } catch (error) {
      this.stop();
      this.#options.onFailed(error);
    } finally {
      this.#delivering = false;
    }
  }

  #next(): RecordBatch | null {
    const fromOffset = this.#position;
    if (!this.#started || this.#paused || this.#stopped || fromOffset === null || !this.#options.available()) return null;
    const { topic, number: partition } = this.partition;
    const { earliest, end: endOffset } = this.partition.offsets;
    if (fromOffset > endOffset) {
      this.#position = null;
      this.#options.onError(
        coreError("LOG_OFFSET_OUT_OF_RANGE", { topic: topic.name, partition, offset: fromOffset, earliest, end: endOffset }),
      );
      return null;
    }
    const records = this.partition.slice(fromOffset, endOffset, this.#options.maxBatchRecords);
    const last = records.at(-1);
    if (last === undefined) return null;
    return { topic: topic.name, topicId: topic.id, partition, fromOffset, nextOffset: last.offset + 1, endOffset, records };
  }
}
