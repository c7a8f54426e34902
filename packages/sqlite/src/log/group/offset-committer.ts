import type { GroupFile, NotedOffset } from "./group-file.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** Commits are gathered for so long, unless somebody flushes. */
const gatherMs = 20;

/** Notes offsets and writes the last of each partition, beside the hot path. The file refuses what is no longer owned. */
export class OffsetCommitter {
  readonly #file: GroupFile;
  readonly #group: string;
  readonly #member: string;
  readonly #onError: (error: unknown) => void;
  #noted = new Map<PartitionReader, number>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(file: GroupFile, group: string, member: string, onError: (error: unknown) => void) {
    this.#file = file;
    this.#group = group;
    this.#member = member;
    this.#onError = onError;
  }

  note(reader: PartitionReader, nextOffset: number): void {
    this.#noted.set(reader, nextOffset);
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), gatherMs);
  }

  /** Settles when everything noted so far was written or refused. Rejects when the file cannot be written; it is tried again. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Writes what is noted of these partitions while giving them up, in one transaction. */
  async release(readers: readonly PartitionReader[]): Promise<void> {
    await this.#writing;
    const mine = new Set(readers);
    const taken = new Map([...this.#noted].filter(([reader]) => mine.has(reader)));
    for (const reader of taken.keys()) this.#noted.delete(reader);
    try {
      await this.#file.release(this.#group, this.#member, readers, entries(taken));
    } catch (error) {
      this.#putBack(taken);
      throw error;
    }
  }

  /** Drops what is noted of partitions that were lost. */
  forget(readers: readonly PartitionReader[]): void {
    for (const reader of readers) this.#noted.delete(reader);
  }

  async #write(): Promise<void> {
    if (this.#noted.size === 0) return;
    const taken = this.#noted;
    this.#noted = new Map();
    try {
      await this.#file.commit(this.#group, this.#member, entries(taken));
    } catch (error) {
      this.#putBack(taken);
      throw error;
    }
  }

  /** Newer notes win. */
  #putBack(taken: ReadonlyMap<PartitionReader, number>): void {
    for (const [reader, nextOffset] of taken) if (!this.#noted.has(reader)) this.note(reader, nextOffset);
  }
}

function entries(noted: ReadonlyMap<PartitionReader, number>): NotedOffset[] {
  return [...noted].map(([ownership, nextOffset]) => ({ ownership, nextOffset }));
}
