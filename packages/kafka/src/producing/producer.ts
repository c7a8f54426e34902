import { setTimeout as delay } from "node:timers/promises";
import { type AppendResult, coreError, crashPoint, isThroughlineError, type NewRecord, recordBytes } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { backoffMs, persist } from "../connection/backoff.ts";
import { type Cluster, type KnownTopic, requestFailure } from "../connection/cluster.ts";
import { codeName, isRetriable, kafkaError, protocolCodes } from "../errors/index.ts";
import { type ProducedPartition, produce } from "../protocol/produce-request.ts";
import { AppendCall } from "./append-call.ts";
import { AppendLine, tooLarge, unknownTopic } from "./append-line.ts";
import { PartitionQueue } from "./partition-queue.ts";

/** Requests under way to one broker. Each has batches of other partitions than the others. */
const requestsPerBroker = 2;
/** A request takes no more batches beyond this. */
const requestBytes = 4 * 1024 * 1024;

export interface ProducerOptions {
  readonly maxRecordBytes: number;
  readonly maxBatchBytes: number;
  readonly giveUpAfterMs: number;
}

/** The brokers refuse what a batch holds. */
const badContents: ReadonlySet<number> = new Set([
  protocolCodes.messageTooLarge,
  protocolCodes.recordListTooLarge,
  protocolCodes.invalidRecord,
  protocolCodes.invalidTimestamp,
]);

/** The brokers do not know the numbers of our batches any more, or know newer ones. */
const lostNumbers: ReadonlySet<number> = new Set([
  protocolCodes.outOfOrderSequenceNumber,
  protocolCodes.duplicateSequenceNumber,
  protocolCodes.unknownProducerId,
]);

/**
 * Appends with acks=all and numbered batches, so that the brokers know a repetition. What is appended in one turn of the event loop,
 * or while a partition's batch is under way, is sent together.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #line: AppendLine;
  readonly #queues = new Map<string, PartitionQueue[]>();
  /** With records that wait, and no batch under way. */
  readonly #ready = new Set<PartitionQueue>();
  readonly #underWay = new Map<number, number>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #identifying = new Set<PartitionQueue>();
  #producerId: Promise<bigint> | undefined;
  #flushing = false;

  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#line = new AppendLine({
      cluster,
      maxRecordBytes: options.maxRecordBytes,
      giveUpAfterMs: options.giveUpAfterMs,
      place: (topic, partition, call, index) => this.#place(topic, partition, call, index),
      onPlaced: () => this.#flushSoon(),
    });
  }

  append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    const call = new AppendCall(records);
    this.#line.push(call);
    const { settled } = call;
    this.#calls.add(settled);
    const forget = (): void => void this.#calls.delete(settled);
    settled.then(forget, forget);
    return settled;
  }

  /** Settles when every call has. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#calls);
  }

  #place(topic: KnownTopic, partition: number, call: AppendCall, index: number): void {
    let queues = this.#queues.get(topic.name);
    if (queues === undefined) this.#queues.set(topic.name, (queues = []));
    const queue = (queues[partition] ??= new PartitionQueue(topic.name, partition, this.#options));
    queue.push(call, index);
    if (queue.sent === null) this.#ready.add(queue);
  }

  #flushSoon(): void {
    if (this.#flushing || this.#ready.size === 0) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const requests = new Map<number, { queues: PartitionQueue[]; bytes: number }>();
    for (const queue of this.#ready) {
      if (queue.needsProducerId) {
        this.#ready.delete(queue);
        if (!this.#identifying.has(queue)) void this.#identify(queue);
        continue;
      }
      const leader = this.#cluster.known(queue.topic)?.partitions[queue.partition]?.leader ?? -1;
      if ((this.#underWay.get(leader) ?? 0) >= requestsPerBroker) continue;
      const request = requests.get(leader) ?? { queues: [], bytes: 0 };
      requests.set(leader, request);
      if (request.bytes >= requestBytes) continue;
      this.#ready.delete(queue);
      if (queue.sent === null && !queue.take()) continue;
      request.queues.push(queue);
      request.bytes += queue.sent?.bytes.length ?? 0;
    }
    for (const [leader, { queues }] of requests) if (queues.length > 0) void this.#send(leader, queues);
  }

  async #send(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    this.#underWay.set(leader, (this.#underWay.get(leader) ?? 0) + 1);
    try {
      crashPoint("log.before-append-commit");
      const produced = await this.#request(leader, queues);
      crashPoint("log.after-append-commit");
      const answers = new Map(produced.map((answer) => [`${answer.wireTopic}/${answer.partition}`, answer]));
      for (const queue of queues)
        this.#settle(queue, answers.get(`${this.#cluster.names.onWire(queue.topic)}/${queue.partition}`));
    } catch (error) {
      for (const queue of queues) void this.#retry(queue, error);
    } finally {
      this.#underWay.set(leader, (this.#underWay.get(leader) ?? 1) - 1);
      this.#flushSoon();
    }
  }

  #request(leader: number, queues: readonly PartitionQueue[]): Promise<ProducedPartition[]> {
    const link = this.#cluster.link(leader, "produce");
    const records = queues.map((queue) => ({
      wireTopic: this.#cluster.names.onWire(queue.topic),
      partition: queue.partition,
      batch: queue.sent?.bytes ?? Buffer.alloc(0),
    }));
    return link.call(produce, this.#cluster.requestTimeoutMs, records);
  }

  #settle(queue: PartitionQueue, answer: ProducedPartition | undefined): void {
    const code = answer?.errorCode ?? -1;
    if (answer !== undefined && code === protocolCodes.none) {
      queue.appended(answer.baseOffset);
      this.#goOn(queue);
    } else if (answer !== undefined && badContents.has(code)) {
      this.#refuse(queue, answer);
      this.#goOn(queue);
    } else if (lostNumbers.has(code)) {
      queue.nextEpoch();
      this.#again(queue);
    } else if (code === protocolCodes.invalidProducerEpoch || code === protocolCodes.producerFenced) {
      queue.forgetProducerId();
      this.#producerId = undefined;
      this.#again(queue);
    } else if (code === protocolCodes.topicAuthorizationFailed) {
      queue.refuseAll(({ topic }) => kafkaError("KAFKA_NOT_AUTHORISED", { what: `topic "${topic}"`, operation: "write to" }));
    } else if (isRetriable(code) || code === -1)
      void this.#retry(queue, requestFailure(`append to ${queue.topic}/${queue.partition}`, code));
    else {
      queue.refuseAll(({ topic }) =>
        coreError("LOG_RECORD_REFUSED", { topic, reason: `${codeName(code)} ${answer?.errorMessage ?? ""}`.trim() }),
      );
    }
  }

  #refuse(queue: PartitionQueue, { errorCode, errorMessage, badRecords }: ProducedPartition): void {
    const isSize = errorCode === protocolCodes.messageTooLarge || errorCode === protocolCodes.recordListTooLarge;
    const error = (record: NewRecord, message: string | null) =>
      isSize
        ? tooLarge(record, recordBytes(record), this.#options.maxRecordBytes)
        : coreError("LOG_RECORD_REFUSED", { topic: record.topic, reason: message ?? codeName(errorCode) });
    const records = queue.sent?.records ?? [];
    const bad = badRecords.flatMap(({ index, message }) => {
      const queued = records[index];
      return queued === undefined ? [] : [[index, error(queued.call.records[queued.index] as NewRecord, message)] as const];
    });
    queue.refused(new Map(bad), (record) => error(record, errorMessage));
  }

  /** The batch is tried again, at the leader of then, until its time is over. */
  async #retry(queue: PartitionQueue, error: unknown): Promise<void> {
    const { sent } = queue;
    if (sent === null) return;
    if (isThroughlineError(error) && !error.retryable) {
      const why = error;
      queue.refuseAll(() => why);
      return this.#goOn(queue);
    }
    sent.attempts += 1;
    const pauseMs = backoffMs(sent.attempts);
    if (performance.now() + pauseMs > sent.deadlineMs) {
      queue.giveUp(error instanceof Error ? whatFailed(error) : String(error));
      return this.#goOn(queue);
    }
    await delay(pauseMs);
    const found = await this.#cluster.refresh(queue.topic).catch(() => undefined);
    if (found === null && sent.attempts >= 5) queue.refuseAll(unknownTopic);
    else this.#ready.add(queue);
    this.#goOn(queue);
  }

  #again(queue: PartitionQueue): void {
    this.#ready.add(queue);
    this.#flushSoon();
  }

  #goOn(queue: PartitionQueue): void {
    if (queue.sent === null && queue.hasWaiting) this.#ready.add(queue);
    this.#flushSoon();
  }

  async #identify(queue: PartitionQueue): Promise<void> {
    this.#identifying.add(queue);
    try {
      this.#producerId ??= this.#newProducerId();
      queue.setProducerId(await this.#producerId);
      this.#identifying.delete(queue);
      this.#again(queue);
    } catch (error) {
      this.#producerId = undefined;
      if (queue.sent === null && !queue.take()) return;
      if (isThroughlineError(error) && error.retryable) queue.giveUp(whatFailed(error));
      else queue.refuseAll(() => error as ReturnType<typeof unknownTopic>);
      this.#goOn(queue);
    } finally {
      this.#identifying.delete(queue);
    }
  }

  #newProducerId(): Promise<bigint> {
    return persist({ giveUpAfterMs: this.#options.giveUpAfterMs }, async () => {
      const { errorCode, producerId } = await this.#cluster.anyBroker((link) =>
        link.call(apis.initProducerId, null, 60_000, -1n, -1),
      );
      if (errorCode !== 0) throw requestFailure("write with numbered batches", errorCode);
      return producerId;
    });
  }
}

/** The message of an unavailability without its frame. */
function whatFailed(error: Error): string {
  return error.message.replace(/^the event log cannot be reached: /, "").replace(/; nothing is lost, .*$/, "");
}
