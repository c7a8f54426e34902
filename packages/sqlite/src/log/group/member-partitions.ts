import { setTimeout as delay } from "node:timers/promises";
import type { AssignedPartition, SubscribeOptions, TopicPartition } from "throughline/seams";
import type { FoundTopic } from "../log-file.ts";
import type { AcquiredPartition, GroupFile } from "./group-file.ts";
import type { AssignmentRow } from "./group-tables.ts";
import { OffsetCommitter } from "./offset-committer.ts";
import { PartitionReader, type ReaderHost } from "./partition-reader.ts";
import { settledWithin } from "./settled-within.ts";

const retryAfterMs = 1_000;

/** What the partitions of a member need of it. */
export interface PartitionsHost extends ReaderHost {
  readonly id: string;
  tell(error: unknown): void;
  /** Something was released, and may be acquired again. */
  resync(): void;
}

/** The partitions that one member owns: hands them to the user's callbacks, reads them, and gives them up. */
export class MemberPartitions {
  readonly #host: PartitionsHost;
  readonly #options: SubscribeOptions;
  readonly #drainMs: number;
  readonly #committer: OffsetCommitter;
  /** By topic and partition. Also what is being released, until that is written. */
  readonly #readers = new Map<string, PartitionReader>();
  readonly #draining = new Set<Promise<void>>();
  #closing = false;

  constructor(file: GroupFile, options: SubscribeOptions, host: PartitionsHost) {
    this.#host = host;
    this.#options = options;
    this.#drainMs = options.drainTimeoutMs ?? 12_000;
    this.#committer = new OffsetCommitter(file, options.group, host.id, (error) => host.onTrouble(error));
  }

  held(): TopicPartition[] {
    return [...this.#readers.values()].filter(isHeld).map(place);
  }

  find(partition: TopicPartition): PartitionReader | undefined {
    const reader = this.#readers.get(key(partition));
    return reader !== undefined && isHeld(reader) ? reader : undefined;
  }

  commit(partition: TopicPartition, nextOffset: number): void {
    const reader = this.find(partition);
    if (reader !== undefined) this.#committer.note(reader, nextOffset);
  }

  flush(): Promise<void> {
    return this.#committer.flush();
  }

  has(partition: TopicPartition): boolean {
    return this.#readers.has(key(partition));
  }

  /** Takes on what the member owns in the file and does not read yet. Resolves when `onAssigned` was called. */
  async adopt(owned: readonly AcquiredPartition[], topics: readonly FoundTopic[]): Promise<void> {
    const described = await Promise.all(owned.filter((row) => !this.has(row)).map((row) => describePartition(row, topics)));
    const fresh = described.filter((partition) => partition !== null);
    if (fresh.length === 0) return;
    const readers = fresh.map(({ found, row }) => new PartitionReader(found.topic, found.file, row, this.#host));
    for (const reader of readers) this.#readers.set(key(reader), reader);
    const assigned = this.#askWhereToStart(
      readers,
      fresh.map(({ assigned }) => assigned),
    );
    for (const reader of readers) reader.assigned = assigned;
  }

  /** Loses what the file no longer gives this member, and begins to let go what others shall have. */
  conform(assignments: readonly AssignmentRow[]): void {
    const own = new Map(assignments.filter((row) => row.owner === this.#host.id).map((row) => [key(row), row]));
    const readers = [...this.#readers.values()];
    this.#lose(
      readers.filter(
        (reader) => own.get(key(reader))?.topicId !== reader.topicId || own.get(key(reader))?.generation !== reader.generation,
      ),
    );
    this.#revoke(
      [...this.#readers.values()].filter((reader) => reader.state === "held" && own.get(key(reader))?.target !== this.#host.id),
    );
  }

  loseAll(): void {
    this.#lose([...this.#readers.values()]);
  }

  /** Lets everything go. Settles when it is drained and released. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#revoke([...this.#readers.values()].filter((reader) => reader.state === "held"));
    await Promise.all(this.#draining);
    this.#readers.clear();
  }

  async #askWhereToStart(readers: readonly PartitionReader[], partitions: readonly AssignedPartition[]): Promise<void> {
    try {
      const offsets = await this.#options.onAssigned(partitions);
      for (const [i, reader] of readers.entries()) reader.start(offsets[i] ?? null);
    } catch (error) {
      this.#host.end(error);
    }
  }

  #revoke(readers: readonly PartitionReader[]): void {
    if (readers.length === 0) return;
    for (const reader of readers) reader.stop("revoking");
    const draining = this.#drain(readers).finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
  }

  async #drain(readers: readonly PartitionReader[]): Promise<void> {
    await settledWithin(this.#tellRevoked(readers), this.#drainMs);
    const left = readers.filter((reader) => reader.state === "revoking");
    for (const reader of left) reader.state = "releasing";
    await this.#release(left);
    this.#host.resync();
  }

  async #tellRevoked(readers: readonly PartitionReader[]): Promise<void> {
    await Promise.all(readers.map((reader) => reader.assigned));
    // What was lost, or given away after the drain timeout, is no longer this member's to drain.
    const left = readers.filter((reader) => reader.state === "revoking");
    try {
      if (left.length > 0) await this.#options.onRevoked(left.map(place));
    } catch (error) {
      this.#host.tell(error);
    }
  }

  async #release(readers: readonly PartitionReader[]): Promise<void> {
    for (;;) {
      const left = readers.filter((reader) => reader.state === "releasing");
      if (left.length === 0) return;
      try {
        await this.#committer.release(left);
        for (const reader of left) this.#forget(reader);
        return;
      } catch (error) {
        this.#host.tell(error);
        // Nobody waits for a broken file in order to close: the partitions become free when the member leaves or expires.
        if (this.#closing) return;
        await delay(retryAfterMs);
      }
    }
  }

  #lose(readers: readonly PartitionReader[]): void {
    const untold = readers.filter(isHeld);
    this.#committer.forget(readers);
    for (const reader of readers) {
      reader.stop("gone");
      this.#forget(reader);
    }
    if (untold.length > 0) this.#options.onLost(untold.map(place));
  }

  /** Its place may have been taken by a later reader of the same partition. */
  #forget(reader: PartitionReader): void {
    if (this.#readers.get(key(reader)) === reader) this.#readers.delete(key(reader));
  }
}

/** Null when the topic was deleted meanwhile. */
async function describePartition(
  row: AcquiredPartition,
  topics: readonly FoundTopic[],
): Promise<{ row: AcquiredPartition; found: FoundTopic; assigned: AssignedPartition } | null> {
  const found = topics.find(({ topic }) => topic.id === row.topicId);
  const [state] = (await found?.file.states([found.topic.numbers[row.partition] ?? -1])) ?? [];
  if (found === undefined || state === null || state === undefined) return null;
  const { topicId, committedOffset } = row;
  return {
    row,
    found,
    assigned: { ...place(row), topicId, earliestOffset: state.earliest, endOffset: state.end, committedOffset },
  };
}

function isHeld({ state }: PartitionReader): boolean {
  return state === "held" || state === "revoking";
}

function key({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function place({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
