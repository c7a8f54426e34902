import { crashPoint } from "../crash/index.ts";
import { isThroughlineError, type ThroughlineError } from "../errors/index.ts";
import type { AssignedPartition, RecordBatch, Subscription, TopicPartition } from "../seams/event-log.ts";
import type { CursorRow, ParkedSubject, Run, UnitOfWork } from "../seams/store.ts";
import type { StartPosition } from "../service/handler.ts";
import type { HandlerLimit } from "./handler-limit.ts";
import type { HandlerState } from "./handler-state.ts";
import type { ReplayMode } from "./handler-transaction.ts";
import { Lane, liveWork } from "./lane.ts";
import { type PartitionLane, PartitionReader } from "./partition-reader.ts";
import type { ReceiptReporter } from "./receipt-reporter.ts";
import { epochId, ReplayEpochs } from "./replay-epochs.ts";
import { RequestLane, type RequestHandler } from "./request-lane.ts";
import type { ServiceScope } from "./scope.ts";
import { describeStartProblem, seesWhole, startCursors, type TopicReader } from "./start-cursors.ts";

/** A topic of the service's own, read like any other. */
export interface RequestTopic<Tx> {
  readonly topic: string;
  readonly handlerId: number;
  readonly from: "earliest" | "latest";
  readonly handle: RequestHandler<Tx>;
  readonly onDone: () => void;
}

interface ConsumerOptions<Tx> {
  readonly handlers: () => readonly HandlerState<Tx>[];
  readonly requests: readonly RequestTopic<Tx>[];
  readonly receipts: ReceiptReporter;
  readonly timings: { readonly sessionTimeoutMs: number; readonly drainTimeoutMs: number };
}

interface OpenLane<Tx> {
  readonly lane: PartitionLane;
  readonly handler: HandlerState<Tx> | null;
  readonly run: Run;
  /** What on call allows it: a lane keeps its limit, and another limit needs another lane. */
  readonly limit: HandlerLimit | null;
}

/**
 * The service's member of its consumer group: for each partition it is assigned, a reader with a lane for each run of each
 * handler. It opens lanes for epochs that begin, and ends those of epochs that are over, when `refresh` finds them.
 */
export class Consumer<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #options: ConsumerOptions<Tx>;
  readonly #readers = new Map<string, { reader: PartitionReader; lanes: OpenLane<Tx>[]; partition: AssignedPartition }>();
  /** Partitions on which no handler has somewhere to start. */
  readonly #unread = new Map<string, AssignedPartition>();
  /** Readers of partitions that were taken away, until what they ran has ended. */
  readonly #ending = new Set<Promise<void>>();
  readonly #epochs: ReplayEpochs<Tx>;
  readonly #missingAtStart = new Set<string>();
  #subscription: Subscription | null = null;
  #trouble: string | null = null;
  #isClosed = false;

  constructor(scope: ServiceScope<Tx>, options: ConsumerOptions<Tx>) {
    this.#scope = scope;
    this.#options = options;
    this.#epochs = new ReplayEpochs(scope, options.handlers);
  }

  /** All topics this service reads. */
  get topics(): string[] {
    const streams = this.#options.handlers().flatMap(({ spec }) => spec.streams);
    return [...new Set([...streams, ...this.#options.requests.map(({ topic }) => topic)])];
  }

  async start(): Promise<void> {
    const { identity, log, settings } = this.#scope;
    await this.#epochs.load();
    await this.#fixStarts();
    crashPoint("start.before-join");
    this.#subscription = await log.subscribe({
      group: identity.service,
      topics: this.topics,
      clientId: identity.instance,
      ...(identity.isInstanceNamed ? { instanceId: identity.instance } : {}),
      ...this.#options.timings,
      maxBatchRecords: settings.maxBatchRecords,
      onAssigned: (partitions) => this.#assigned(partitions),
      onBatch: (batch) => this.#batch(batch),
      onRevoked: (partitions) => this.#revoked(partitions),
      onLost: (partitions) => void this.#revoked(partitions),
      onError: (error) => {
        if (isThroughlineError(error) && endsMembership(error)) this.#trouble = error.message;
        this.#scope.logger.warn({ err: error }, "reading from the event log is in trouble");
      },
    });
  }

  /** Decides where to begin on the topics that exist, so that "latest" means the start and not the first assignment. */
  async #fixStarts(): Promise<void> {
    const mine = new Set(this.topics);
    const existing = (await this.#scope.log.topics()).filter(({ name }) => mine.has(name));
    const missing = [...mine].filter((name) => existing.every((topic) => topic.name !== name));
    for (const name of missing) this.#missingAtStart.add(name);
    if (missing.length > 0)
      this.#scope.logger.warn(
        { topics: missing },
        "topics that do not exist yet are waited for; they come with the service that publishes to them",
      );
    for (const topic of existing) {
      const partition = {
        topic: topic.name,
        topicId: topic.id,
        partition: 0,
        earliestOffset: 0,
        endOffset: 0,
        committedOffset: null,
      };
      const request = this.#options.requests.find(({ topic: name }) => name === topic.name);
      if (request === undefined) await this.#liveCursors(partition, this.#handlersOf(topic.name));
      else await this.#requestCursors(request, partition);
    }
  }

  #handlersOf(topic: string): HandlerState<Tx>[] {
    return this.#options.handlers().filter(({ spec }) => spec.streams.includes(topic));
  }

  /** Takes no new work, and settles when what runs is committed or rolled back, offsets are written, and the group is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#readers.values()].map(({ reader }) => reader.close()));
    try {
      await this.#subscription?.close();
    } finally {
      await Promise.all(this.#ending);
    }
  }

  isAssigned(): boolean {
    return this.#subscription !== null && this.#trouble === null;
  }

  /** Why it reads no more; null while it does. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** How a parked event of a run is to be handled. */
  replayOf(row: ParkedSubject): Promise<ReplayMode> {
    return this.#epochs.modeOf(row);
  }

  /** The events between a handler's cursors and the ends of the partitions held here; null when none is held. */
  behindOf(handler: HandlerState<Tx>): {
    isCatchingUp: boolean;
    partitions: { topic: string; partition: number; offset: number }[];
  } {
    const partitions: { topic: string; partition: number; offset: number }[] = [];
    let isCatchingUp = false;
    for (const { reader, lanes } of this.#readers.values()) {
      for (const { lane, handler: owner, run } of lanes) {
        if (owner !== handler || run.epoch !== handler.row.liveEpoch) continue;
        partitions.push({ ...reader.partition, offset: lane.offset });
        isCatchingUp ||= reader.isBehind(lane);
      }
    }
    return { isCatchingUp, partitions };
  }

  /** Opens and ends lanes so that they are those of the epochs in the store. */
  async refresh(): Promise<void> {
    await this.#epochs.load();
    crashPoint("refresh.before-lanes");
    for (const entry of this.#readers.values()) {
      const wanted = await this.#openLanes(entry.partition);
      const isWanted = new Set(wanted.map(laneId));
      // One that stopped, for records were lost, is opened anew when it may go on.
      const kept = entry.lanes.filter((open) => isWanted.has(laneId(open)) && entry.reader.reads(open.lane));
      for (const open of entry.lanes.filter((lane) => !kept.includes(lane))) {
        await entry.reader.remove(open.lane);
        await open.lane.close?.();
      }
      const present = new Set(kept.map(laneId));
      const opened = wanted.filter((lane) => !present.has(laneId(lane)));
      entry.lanes = [...kept, ...opened];
      for (const lane of opened) this.#begin(entry.reader, lane);
    }
    this.#shareReplays();
    // A copy: what stays unread is noted anew.
    const unread = [...this.#unread.values()];
    for (const partition of unread) {
      const start = await this.#open(partition);
      if (start !== null) this.#subscription?.seek(partition, start);
    }
  }

  async #assigned(partitions: readonly AssignedPartition[]): Promise<(number | null)[]> {
    const offsets: (number | null)[] = [];
    for (const partition of partitions)
      offsets.push(await this.#open(partition).catch((error: unknown) => this.#postpone(partition, error)));
    return offsets;
  }

  /** Store or log is away: the partition stays unread until `refresh` can open it. */
  #postpone(partition: AssignedPartition, error: unknown): null {
    const { topic, partition: number } = partition;
    this.#scope.logger.warn({ topic, partition: number, err: error }, "a partition cannot be read yet; it is tried again");
    this.#unread.set(partitionId(partition), partition);
    return null;
  }

  async #open(partition: AssignedPartition): Promise<number | null> {
    const lanes = await this.#openLanes(partition);
    if (this.#isClosed) return null;
    this.#unread.delete(partitionId(partition));
    if (lanes.length === 0) {
      this.#unread.set(partitionId(partition), partition);
      return null;
    }
    const start = startOffset(
      lanes.map(({ lane }) => lane.offset),
      partition.committedOffset,
    );
    const reader = new PartitionReader(this.#scope, { topic: partition.topic, partition: partition.partition }, start);
    this.#readers.set(partitionId(partition), { reader, lanes, partition });
    for (const lane of lanes) this.#begin(reader, lane);
    this.#shareReplays();
    return start;
  }

  #begin(reader: PartitionReader, { lane, handler }: OpenLane<Tx>): void {
    reader.add(lane);
    if (handler !== null && lane instanceof Lane) this.#options.receipts.open(handler.spec.name, lane.cursor);
  }

  async #batch(batch: RecordBatch): Promise<void> {
    const entry = this.#readers.get(partitionId(batch));
    if (entry === undefined) return;
    await entry.reader.take(batch);
    this.#subscription?.commit(batch, entry.reader.committableOffset);
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const ending = Promise.all(partitions.map((partition) => this.#end(partition))).then(() => this.#options.receipts.flush());
    this.#ending.add(ending);
    crashPoint("revoke.before-drained");
    await ending;
    crashPoint("revoke.after-drained");
    this.#ending.delete(ending);
  }

  async #end(partition: TopicPartition): Promise<void> {
    const id = partitionId(partition);
    this.#unread.delete(id);
    const entry = this.#readers.get(id);
    // Forgotten before it has ended: the partition may come back meanwhile, to a reader of its own.
    this.#readers.delete(id);
    if (entry === undefined) return;
    await entry.reader.close();
    await Promise.all(entry.lanes.map(async ({ lane }) => lane.close?.()));
    if (!this.#readers.has(id)) this.#subscription?.commit(partition, entry.reader.committableOffset);
  }

  /** A lane for each run of each handler on this partition, and for the service's own topics. */
  async #openLanes(partition: AssignedPartition): Promise<OpenLane<Tx>[]> {
    const request = this.#options.requests.find(({ topic }) => topic === partition.topic);
    if (request !== undefined) return this.#openRequestLane(request, partition);
    const handlers = this.#handlersOf(partition.topic);
    const live = await this.#liveCursors(partition, handlers);
    const lanes: OpenLane<Tx>[] = [];
    const nowMs = this.#scope.surroundings.clock.now();
    for (const handler of handlers) {
      // Off the shared reader, and back through one of its own; the others notice nothing.
      if (handler.controls.pausedAt(nowMs) !== null) continue;
      const isPaused = this.#epochs.isPaused({ handlerId: handler.id, epoch: handler.row.liveEpoch });
      if (!isPaused) lanes.push(...this.#handlerLanes(handler, partition, live.get(handler.spec.name) ?? []));
      for (const cursors of await this.#epochs.rerunCursors(handler))
        lanes.push(...this.#handlerLanes(handler, partition, cursors));
    }
    return lanes;
  }

  /** The lane of one run on this partition, if it has a cursor there. */
  #handlerLanes(
    handler: HandlerState<Tx>,
    { topic, topicId, partition }: AssignedPartition,
    cursors: readonly CursorRow[],
  ): OpenLane<Tx>[] {
    const cursor = cursors.find((row) => row.topicId === topicId && row.partition === partition);
    if (cursor === undefined) return [];
    // What is read of a `call` is only parked: its calls are limited, and not twice.
    const limit = handler.spec.work.kind === "call" ? null : handler.controls.limitAt(this.#scope.surroundings.clock.now());
    const work = {
      limit,
      ...(this.#epochs.workOf(cursor) ?? liveWork),
      seesWhole: seesWhole(cursors, topic),
    };
    const lane = new Lane(this.#scope, handler, cursor, work, this.#options.receipts);
    return [{ lane, handler, run: { handlerId: cursor.handlerId, epoch: cursor.epoch }, limit }];
  }

  #shareReplays(): void {
    const entries = [...this.#readers.values()];
    this.#epochs.share(
      entries.flatMap(({ lanes, partition }) => lanes.map(({ run, lane }) => ({ ...partition, run, offset: lane.offset }))),
    );
  }

  async #openRequestLane(request: RequestTopic<Tx>, partition: AssignedPartition): Promise<OpenLane<Tx>[]> {
    const cursors = await this.#requestCursors(request, partition);
    const cursor = cursors.find((row) => row.partition === partition.partition);
    return cursor === undefined
      ? []
      : [{ lane: new RequestLane(this.#scope, cursor, request.handle, request.onDone), handler: null, run: cursor, limit: null }];
  }

  async #requestCursors({ topic, handlerId, from }: RequestTopic<Tx>, partition: AssignedPartition): Promise<CursorRow[]> {
    const { cursors } = await this.#scope.store.unitOfWork((unit) =>
      this.#startCursors(unit, partition, [{ name: topic, run: { handlerId, epoch: 1 }, from, acceptsRecreated: true }]),
    );
    return cursors.get(topic) ?? [];
  }

  async #liveCursors(partition: AssignedPartition, handlers: readonly HandlerState<Tx>[]): Promise<Map<string, CursorRow[]>> {
    const started = await this.#scope.store.unitOfWork(async (unit) => {
      // No rebuild begins before this transaction has ended.
      for (const id of handlers.map(({ row }) => row.id).toSorted((a, b) => a - b)) await unit.lockHandler(id);
      const rows = await unit.handlers.all();
      // A rebuild took its epoch out of live: the one that this instance knows must not begin again.
      if (handlers.some(({ row }) => rows.some(({ id, liveEpoch }) => id === row.id && liveEpoch !== row.liveEpoch))) return null;
      const readers = handlers.map(({ spec, row }): TopicReader => ({
        name: spec.name,
        run: { handlerId: row.id, epoch: row.liveEpoch },
        from: this.#fromOf(spec, partition.topic),
      }));
      return this.#startCursors(unit, partition, readers);
    });
    if (started === null) {
      await this.#epochs.load();
      return this.#liveCursors(partition, handlers);
    }
    const { cursors, problems } = started;
    for (const handler of handlers) {
      const own = problems.filter(({ reader }) => reader === handler.spec.name);
      const sentences = own.map((problem) => describeStartProblem(problem, this.#scope.identity.service));
      if (sentences.length === 0) handler.problems.delete(partition.topic);
      else this.#note(handler, partition.topic, sentences.join(". "));
    }
    return cursors;
  }

  /** "latest" is the start of the service: all of a topic that did not exist then came later. */
  #fromOf(spec: HandlerState<Tx>["spec"], topic: string): StartPosition | undefined {
    const from = effectiveFrom(spec);
    return from === "latest" && this.#missingAtStart.has(topic) ? "earliest" : from;
  }

  #note(handler: HandlerState<Tx>, topic: string, problem: string): void {
    if (handler.problems.get(topic) !== problem) this.#scope.logger.error({ handler: handler.spec.name }, problem);
    handler.problems.set(topic, problem);
  }

  #startCursors(unit: UnitOfWork<Tx>, partition: AssignedPartition, readers: readonly TopicReader[]) {
    const topic = { name: partition.topic, id: partition.topicId, partitions: 0, compacted: false };
    return startCursors(this.#scope.log, unit, this.#scope.identity.service, topic, readers);
  }
}

/** A `call` handler that skips history begins at the end of it. */
export function effectiveFrom<Tx>(spec: HandlerState<Tx>["spec"]): HandlerState<Tx>["spec"]["from"] {
  return spec.work.kind === "call" && spec.work.replay === "skip" && spec.from !== undefined && spec.from !== "group"
    ? "latest"
    : spec.from;
}

/** Where the shared reader begins: at the lowest cursor that is not behind what the group has committed. */
function startOffset(cursors: readonly number[], committed: number | null): number {
  const upToDate = committed === null ? cursors : cursors.filter((offset) => offset >= committed);
  return Math.min(...(upToDate.length > 0 ? upToDate : cursors));
}

/** The member ended, and this service reads no more. What is wrong with one partition is a problem of its handlers. */
const endsMembership = ({ code, retryable }: ThroughlineError): boolean =>
  !retryable && code.startsWith("LOG_") && code !== "LOG_OFFSET_OUT_OF_RANGE";

const partitionId = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
const laneId = <Tx>({ handler, run, limit }: OpenLane<Tx>): string =>
  `${handler === null ? "request" : "handler"}/${epochId(run)}/${limit?.id ?? ""}`;
