import { crashPoint } from "../crash/index.ts";
import type { LogRecord, PartitionOffsets, RecordBatch, TopicPartition } from "../seams/event-log.ts";
import type { Delivery } from "./delivery.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";

/** Anything with a cursor that takes events of a partition in order: a handler's lane, or one of the service's own. */
export interface PartitionLane {
  readonly offset: number;
  readonly isDone: boolean;
  /** It waits in `take`, and so reads by itself, so that the others on a shared reader need not wait with it. */
  readonly isPaced?: boolean;
  /** Records from its cursor on were removed unread; "stop" takes it off the partition. */
  lost?(count: number): "stop" | "go-on";
  /** May settle before its cursor stands at `nextOffset`: then it reads by itself, so that the others need not wait for it. */
  take(deliveries: readonly Delivery[], nextOffset: number, signal: AbortSignal): Promise<void>;
  /** Settles when it may take something; asked only where nobody waits for it. */
  untilOpen?(signal: AbortSignal): Promise<void>;
  /** It is taken off the partition, and nothing of it runs any more. */
  close?(): Promise<void>;
}

interface SharedLane {
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  /** What it is taking now. */
  task: Promise<void>;
}

/**
 * One partition that this instance owns, and the lanes on it. Lanes that keep up share the group's reader; one that is behind
 * (new, rebuilt, or held up by its store) reads the log by itself until it meets the others. Hand-over needs no protocol: a
 * lane joins when its cursor has reached where the shared reader will read next, and the lane's own cursor decides what it takes.
 */
export class PartitionReader {
  readonly partition: TopicPartition;
  readonly #scope: ServiceScope<unknown>;
  readonly #shared = new Map<PartitionLane, SharedLane>();
  readonly #behind = new Map<PartitionLane, { task: Promise<void>; controller: AbortController }>();
  readonly #closing = new AbortController();
  readonly #deliver: (record: LogRecord) => Delivery;
  /** Where the shared reader will read next. */
  #nextOffset: number;
  #busy: Promise<void> = Promise.resolve();

  constructor(scope: ServiceScope<unknown>, partition: TopicPartition, startOffset: number) {
    this.#scope = scope;
    this.partition = partition;
    this.#nextOffset = startOffset;
    this.#deliver = scope.deliveries.reader(partition.topic);
  }

  /** Lets a lane begin. */
  add(lane: PartitionLane): void {
    if (lane.offset >= this.#nextOffset && !lane.isDone) this.#join(lane);
    else if (!lane.isDone) this.#catchUp(lane);
  }

  #join(lane: PartitionLane): void {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
    this.#shared.set(lane, { controller, signal, task: Promise.resolve() });
  }

  /** Stops a lane; settles when its transaction has ended. The others go on. */
  async remove(lane: PartitionLane): Promise<void> {
    const shared = this.#shared.get(lane);
    const behind = this.#behind.get(lane);
    this.#shared.delete(lane);
    shared?.controller.abort();
    behind?.controller.abort();
    await Promise.all([shared?.task, behind?.task]);
  }

  /** False when it was removed, or stopped. */
  reads(lane: PartitionLane): boolean {
    return this.#shared.has(lane) || this.#behind.has(lane) || lane.isDone;
  }

  isBehind(lane: PartitionLane): boolean {
    return this.#behind.has(lane);
  }

  /** A batch of the shared reader; settles when each lane on it has taken it. Never rejects. */
  take(batch: RecordBatch): Promise<void> {
    this.#busy = this.#take(batch);
    return this.#busy;
  }

  /** The next offset that every lane on the shared reader has passed: what may be committed to the group. */
  get committableOffset(): number {
    return Math.min(this.#nextOffset, ...[...this.#shared.keys()].map((lane) => lane.offset));
  }

  /** Takes no new work, and settles when what runs is committed or rolled back. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { controller } of this.#behind.values()) controller.abort();
    await Promise.all([this.#busy, ...[...this.#behind.values()].map(({ task }) => task)]);
  }

  async #take(batch: RecordBatch): Promise<void> {
    this.#nextOffset = batch.nextOffset;
    const deliveries = batch.records.map(this.#deliver);
    const lanes = [...this.#shared];
    for (const [lane, shared] of lanes) shared.task = this.#offer(lane, shared.signal, deliveries, batch.nextOffset);
    await Promise.all(lanes.map(([, { task }]) => task));
  }

  async #offer(lane: PartitionLane, signal: AbortSignal, deliveries: readonly Delivery[], nextOffset: number): Promise<void> {
    const first = deliveries[0]?.record.offset ?? nextOffset;
    // Something between its cursor and this batch was not read for it, or is gone.
    if (lane.offset < first || lane.isPaced === true) return this.#fallBehind(lane);
    await lane.take(deliveries, nextOffset, signal);
    if (lane.offset < nextOffset && !signal.aborted) this.#fallBehind(lane);
  }

  #fallBehind(lane: PartitionLane): void {
    if (this.#shared.delete(lane)) this.#catchUp(lane);
  }

  #catchUp(lane: PartitionLane): void {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
    const task = this.#readOnItsOwn(lane, signal).then((end) => {
      this.#behind.delete(lane);
      crashPoint("hand-over.before-join");
      // From here to the next batch nothing is awaited: it cannot miss one. The shared reader may have gone on since the lane
      // met it; then it is behind again.
      if (end === "met" && !signal.aborted) this.add(lane);
    });
    this.#behind.set(lane, { task, controller });
  }

  async #readOnItsOwn(lane: PartitionLane, signal: AbortSignal): Promise<"met" | "stopped"> {
    const { log, surroundings, settings, logger } = this.#scope;
    let failures = 0;
    /** Where the log was read and held nothing, and has said since that it ends beyond. */
    let empty = null as { readonly from: number; readonly to: number } | null;
    while (!signal.aborted && !lane.isDone && lane.offset < this.#nextOffset) {
      await lane.untilOpen?.(signal);
      if (signal.aborted) return "stopped";
      const before = lane.offset;
      const toOffset = this.#nextOffset;
      let expected = before;
      let isEmpty = true;
      try {
        for await (const records of log.read({
          ...this.partition,
          fromOffset: before,
          toOffset,
          maxBatchRecords: settings.maxBatchRecords,
          signal,
        })) {
          isEmpty = false;
          // Its cursor was moved by somebody else, or it could not take all: read again from where it stands.
          if (lane.offset !== expected) break;
          const first = records[0]?.offset ?? expected;
          expected = (records.at(-1)?.offset ?? expected) + 1;
          if (first > lane.offset && this.#hasLost(lane, await this.#bounds())) return "stopped";
          const deliveries = records.map(this.#deliver);
          await lane.take(deliveries, expected, signal);
          crashPoint("catch-up.after-batch");
          if (signal.aborted || lane.isDone) return "stopped";
        }
        failures = 0;
        if (isEmpty && lane.offset === before) {
          const bounds = await this.#bounds();
          if (this.#hasLost(lane, bounds)) return "stopped";
          // A range without a record (a compacted topic) is passed. But right after its leader changed, a log may not know yet of
          // all that it holds: it must hold nothing here after it has said that it ends beyond.
          if (empty?.from === before) await lane.take([], empty.to, signal);
          else if (bounds !== undefined && bounds.end >= toOffset) {
            empty = { from: before, to: toOffset };
            continue;
          }
        }
      } catch (error) {
        if (signal.aborted) return "stopped";
        failures++;
        logger.warn({ ...this.partition, err: error }, "history cannot be read now; it is tried again");
        await waitFor(surroundings, Math.min(5_000, 50 * 2 ** Math.min(failures, 7)), signal);
      }
      if (lane.offset === before) await waitFor(surroundings, 100, signal);
    }
    return "met";
  }

  async #bounds(): Promise<PartitionOffsets | undefined> {
    const offsets = await this.#scope.log.offsets(this.partition.topic);
    return offsets.find(({ partition }) => partition === this.partition.partition);
  }

  /** Whether retention, and not compaction, removed what comes next for a lane. One that never read anything missed nothing. */
  #hasLost(lane: PartitionLane, bounds: PartitionOffsets | undefined): boolean {
    const count = (bounds?.earliest ?? 0) - lane.offset;
    return lane.offset > 0 && count > 0 && lane.lost?.(count) === "stop";
  }
}
