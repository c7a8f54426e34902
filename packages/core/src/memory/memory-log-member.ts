import { coreError } from "../errors/index.ts";
import type { SubscribeOptions, Subscription, TopicPartition } from "../seams/event-log.ts";
import type { Clock } from "../seams/runtime.ts";
import type { MemoryGroup } from "./memory-log-group.ts";
import type { MemoryPartition } from "./memory-log-partition.ts";
import { MemoryReader } from "./memory-log-reader.ts";

/** A member of a group: what it is told, what it reads and what it commits. The group decides what it holds. */
export class MemoryMember implements Subscription {
  readonly id: string;
  readonly clientId: string | null;
  readonly instanceId: string | null;
  readonly topics: ReadonlySet<string>;
  readonly group: MemoryGroup;
  readonly #clock: Clock;
  readonly #available: () => boolean;
  readonly #options: SubscribeOptions;
  readonly #readers = new Map<MemoryPartition, MemoryReader>();
  readonly #noted = new Map<MemoryPartition, number>();
  /** `onAssigned` and `onRevoked` are called one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #crashed = false;

  constructor(id: string, group: MemoryGroup, options: SubscribeOptions, clock: Clock, available: () => boolean) {
    this.id = id;
    this.clientId = options.clientId ?? null;
    this.instanceId = options.instanceId ?? null;
    this.topics = new Set(options.topics);
    this.group = group;
    this.#options = options;
    this.#clock = clock;
    this.#available = available;
  }

  get sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? 10_000;
  }

  get closed(): boolean {
    return this.#closing !== null || this.#crashed;
  }

  // --- what its owner does

  assigned(): readonly TopicPartition[] {
    return this.partitions().map((partition) => partition.place);
  }

  commit(partition: TopicPartition, nextOffset: number): void {
    const reader = this.#reader(partition);
    if (reader === undefined) return;
    if (this.#noted.size === 0) queueMicrotask(() => this.writeCommits());
    this.#noted.set(reader.partition, nextOffset);
  }

  async flush(): Promise<void> {
    this.writeCommits();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#reader(partition)?.pause();
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#reader(partition)?.resume();
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#reader(partition)?.seek(offset);
  }

  close(): Promise<void> {
    this.#closing ??= this.#crashed ? Promise.resolve() : this.group.leave(this);
    return this.#closing;
  }

  // --- what the group does

  /** The member holds these from now on, and reads them once it has said from where. */
  assign(partitions: readonly MemoryPartition[]): void {
    const readers = partitions.map((partition) => this.#open(partition));
    this.#turn = this.#turn.then(() => this.#start(readers)).catch((error: unknown) => this.#fail(error));
  }

  #open(partition: MemoryPartition): MemoryReader {
    const reader = new MemoryReader(partition, {
      maxBatchRecords: this.#options.maxBatchRecords ?? 500,
      available: this.#available,
      onBatch: (batch) => this.#options.onBatch(batch),
      onError: (error) => this.report(error),
      onFailed: (error) => this.#fail(error),
    });
    this.#readers.set(partition, reader);
    return reader;
  }

  async #start(readers: readonly MemoryReader[]): Promise<void> {
    const held = this.#stillHeld(readers);
    if (held.length === 0 || this.#crashed) return;
    const offsets = await this.#options.onAssigned(held.map((reader) => this.group.describe(reader.partition)));
    held.forEach((reader, i) => reader.start(offsets[i] ?? null));
  }

  /**
   * Lets these go: resolves when `onRevoked` settled and what it noted is committed, or when the drain timeout has passed;
   * then they are lost.
   */
  revoke(partitions: readonly MemoryPartition[]): Promise<void> {
    const readers = this.#readersOf(partitions);
    for (const reader of readers) reader.stop();
    this.#turn = this.#drain(this.#turn, readers);
    return this.#turn;
  }

  async #drain(turn: Promise<void>, readers: readonly MemoryReader[]): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    let late = false;
    const timer = this.#clock.after(this.#options.drainTimeoutMs ?? 12_000, () => {
      late = true;
      timeout.resolve();
    });
    const drained = turn.then(() => (late ? undefined : this.#revoked(this.#stillHeld(readers))));
    await Promise.race([drained, timeout.promise]);
    timer.cancel();
    this.writeCommits();
    this.#drop(readers, { lost: late });
  }

  async #revoked(readers: readonly MemoryReader[]): Promise<void> {
    if (readers.length === 0) return;
    if (this.#crashed) await new Promise<never>(() => {});
    try {
      await this.#options.onRevoked(readers.map((reader) => reader.partition.place));
    } catch (error) {
      this.report(error);
    }
  }

  /** These belong to somebody else already. */
  lose(partitions: readonly MemoryPartition[]): void {
    this.#drop(this.#readersOf(partitions), { lost: true });
  }

  /** Another member took this one's name, and its partitions: it has ended. */
  replace(): void {
    this.#closing ??= Promise.resolve();
    this.lose(this.partitions());
    if (this.instanceId !== null)
      this.report(coreError("LOG_MEMBER_REPLACED", { group: this.group.name, instanceId: this.instanceId }));
  }

  /** Its process is dead: nothing is called any more. */
  crash(): void {
    this.#crashed = true;
    for (const reader of this.#readers.values()) reader.stop();
  }

  /** Writes what was noted; the group takes only what this member holds. While the log is away, it stays noted. */
  writeCommits(): void {
    if (this.#crashed || !this.#available()) return;
    for (const [partition, offset] of this.#noted) this.group.commit(this, partition, offset);
    this.#noted.clear();
  }

  report(error: unknown): void {
    if (!this.#crashed) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  /** What it believes to hold; the group may know better. */
  partitions(): MemoryPartition[] {
    return [...this.#readers.keys()];
  }

  // --- its readers

  #readersOf(partitions: readonly MemoryPartition[]): MemoryReader[] {
    return partitions.flatMap((partition) => this.#readers.get(partition) ?? []);
  }

  /** A partition that was lost and assigned again has another reader. */
  #stillHeld(readers: readonly MemoryReader[]): MemoryReader[] {
    return readers.filter((reader) => this.#readers.get(reader.partition) === reader);
  }

  #drop(readers: readonly MemoryReader[], { lost }: { lost: boolean }): void {
    const dropped = this.#stillHeld(readers);
    for (const reader of dropped) {
      reader.stop();
      this.#readers.delete(reader.partition);
      this.#noted.delete(reader.partition);
    }
    if (lost && dropped.length > 0 && !this.#crashed) this.#options.onLost(dropped.map((reader) => reader.partition.place));
  }

  #fail(error: unknown): void {
    if (this.closed) return;
    this.report(error);
    void this.close();
  }

  #reader({ topic, partition }: TopicPartition): MemoryReader | undefined {
    for (const [held, reader] of this.#readers) {
      if (held.topic.name === topic && held.number === partition) return reader;
    }
    return undefined;
  }
}
