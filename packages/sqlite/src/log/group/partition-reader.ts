import { coreError, type RecordBatch } from "throughline/seams";
import type { LogFile } from "../log-file.ts";
import type { RecordSlice } from "../read-records.ts";
import type { Topic } from "../topic-table.ts";
import type { Ownership } from "./group-tables.ts";

const retryAfterMs = 500;

/** What a reader needs of the member that it reads for. */
export interface ReaderHost {
  readonly maxBatchRecords: number;
  /** Nothing is delivered before this settles. Loses the reader's partition, if it belongs to somebody else by now. */
  confirmSession(): Promise<void>;
  deliver(batch: RecordBatch): Promise<void>;
  /** `deliver` rejected: the subscription ends. */
  end(error: unknown): void;
  /** In trouble, and trying again or waiting for a seek. */
  onTrouble(error: unknown): void;
}

/**
 * Reads one partition for as long as a member owns it, one batch at a time. Between batches it sleeps until the partition's end
 * moves. `releasing`: it still owns the partition in the file, but no longer for its member.
 */
export class PartitionReader implements Ownership {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly generation: number;
  readonly #file: LogFile;
  readonly #source: Topic;
  readonly #host: ReaderHost;
  readonly #following: { stop(): void };
  /** Settles when `onAssigned` did. */
  assigned: Promise<void> = Promise.resolve();
  state: "held" | "revoking" | "releasing" | "gone" = "held";
  #started = false;
  #next: number | null = null;
  #sought = false;
  #paused = false;
  #running = false;
  #poked = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    source: Topic,
    file: LogFile,
    { partition, generation }: Pick<Ownership, "partition" | "generation">,
    host: ReaderHost,
  ) {
    this.topic = source.name;
    this.topicId = source.id;
    this.partition = partition;
    this.generation = generation;
    this.#file = file;
    this.#source = source;
    this.#host = host;
    this.#following = file.ends.follow(source.numbers[partition] ?? -1, () => this.#poke());
  }

  /** Begins to deliver from `offset`, or waits for a seek. */
  start(offset: number | null): void {
    this.#started = true;
    if (!this.#sought) this.#next = offset;
    this.#poke();
  }

  seek(offset: number): void {
    this.#sought = true;
    this.#next = offset;
    this.#poke();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#poke();
  }

  /** No further batch; one that is under way goes on. */
  stop(state: "revoking" | "gone"): void {
    this.state = state;
    clearTimeout(this.#retry);
    this.#following.stop();
  }

  #poke(): void {
    this.#poked = true;
    if (!this.#running && this.#mayRead()) void this.#run();
  }

  #mayRead(): boolean {
    return this.#started && !this.#paused && this.#next !== null && this.state === "held";
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#poked && this.#mayRead()) {
        this.#poked = false;
        await this.#readOn();
      }
    } catch (error) {
      this.#host.onTrouble(error);
      this.#retry = setTimeout(() => this.#poke(), retryAfterMs);
    } finally {
      this.#running = false;
    }
  }

  /** Reads and delivers until the end, or until something changed. */
  async #readOn(): Promise<void> {
    while (this.#mayRead()) {
      const fromOffset = this.#next as number;
      await this.#host.confirmSession();
      const slice = await this.#file.slice({
        topic: this.#source,
        partition: this.partition,
        fromOffset,
        maxRecords: this.#host.maxBatchRecords,
      });
      // The topic was deleted: its partitions are about to be lost.
      if (slice === null) return;
      if (!this.#mayRead() || this.#next !== fromOffset) continue;
      if (fromOffset > slice.end) return this.#stopBeyondTheEnd(fromOffset, slice);
      this.#next = slice.nextOffset;
      if (slice.records.length > 0) await this.#deliver(fromOffset, slice);
      else if (slice.nextOffset === fromOffset) return;
    }
  }

  async #deliver(fromOffset: number, { records, nextOffset, end }: RecordSlice): Promise<void> {
    const { topic, topicId, partition } = this;
    try {
      await this.#host.deliver({ topic, topicId, partition, fromOffset, nextOffset, endOffset: end, records });
    } catch (error) {
      this.#host.end(error);
    }
  }

  #stopBeyondTheEnd(offset: number, { earliest, end }: RecordSlice): void {
    this.#next = null;
    this.#host.onTrouble(
      coreError("LOG_OFFSET_OUT_OF_RANGE", { topic: this.topic, partition: this.partition, offset, earliest, end }),
    );
  }
}
