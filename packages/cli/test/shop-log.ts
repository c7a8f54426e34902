// Times are printed by the clock on the wall: of this wall, in every test.
process.env["TZ"] = "UTC";

import { createMemoryLog, encodeEvent, withSequence, type MemoryLog } from "throughline";
import type { LogRecord, NewRecord } from "throughline/seams";
import {
  announcementRecord,
  deadLetterRecord,
  packDurations,
  receiptRecord,
  type DeadLetter,
  type EventReceipt,
  type HandlerAnnouncement,
  type RangeReceipt,
  type ServiceAnnouncement,
} from "throughline/system-topics";

/** Noon of a day in July; every fixture tells its times from here. */
export const noonMs = Date.UTC(2026, 6, 1, 12, 0, 0);

/** A log of a small shop, filled by hand as its services would. */
export class ShopLog {
  readonly log: MemoryLog = createMemoryLog({ defaultPartitions: 1 });

  async topics(...names: string[]): Promise<void> {
    await this.log.createTopics(names.map((name) => ({ name, partitions: 1 })));
  }

  async append(record: NewRecord): Promise<number> {
    await this.log.createTopics([{ name: record.topic, partitions: 1 }]);
    const [result] = await this.log.append([record]);
    if (result?.ok !== true) throw new Error(`refused: ${result?.error.message}`);
    return result.offset;
  }

  /** Appends an event and answers its offset. */
  async event(event: {
    id: string;
    type: string;
    source?: string;
    subject?: string;
    correlationId?: string;
    causationId?: string;
    data?: unknown;
    atMs?: number;
    sequence?: number;
  }): Promise<number> {
    const {
      id,
      type,
      source = "orders",
      subject = "o-1",
      correlationId = "corr-000001",
      causationId = null,
      data = { order_id: subject },
      atMs = noonMs,
      sequence = 1,
    } = event;
    const { key, value, headers } = encodeEvent({
      id,
      source,
      type,
      subject,
      timeMs: atMs,
      dataVersion: 1,
      data,
      correlationId,
      causationId,
    });
    return this.append({
      topic: type.split(".")[0]!,
      key,
      value,
      headers: withSequence(headers, sequence, 0),
      timestampMs: atMs,
    });
  }

  async record(topic: string, offset: number): Promise<LogRecord> {
    for await (const batch of this.log.read({ topic, partition: 0, fromOffset: offset, toOffset: offset + 1 })) return batch[0]!;
    throw new Error(`no record at ${topic}/0@${offset}`);
  }

  async announce(
    service: string,
    handlers: readonly Partial<HandlerAnnouncement>[],
    more: Partial<ServiceAnnouncement> = {},
  ): Promise<void> {
    await this.append(
      announcementRecord({
        service,
        instance: `${service}-1`,
        version: "1.0.0",
        owner: null,
        state: "running",
        startedAtMs: noonMs - 60_000,
        atMs: noonMs,
        publishes: [],
        handlers: handlers.map(handler),
        outbox: null,
        ...more,
      }),
    );
  }

  async range(
    service: string,
    name: string,
    at: { topic: string; from: number; durations: (number | null)[]; atMs?: number; epoch?: number },
  ): Promise<void> {
    const { topic, from, durations, atMs = noonMs + 20, epoch = 1 } = at;
    const receipt: RangeReceipt = {
      kind: "range",
      service,
      instance: `${service}-1`,
      version: "1.0.0",
      handler: name,
      epoch,
      topic,
      partition: 0,
      from,
      to: from + durations.length,
      applied: packDurations(durations),
      atMs,
    };
    await this.append({ ...receiptRecord(receipt), timestampMs: atMs });
  }

  async receipt(
    service: string,
    name: string,
    at: {
      topic: string;
      offset: number;
      outcome: EventReceipt["outcome"];
      atMs?: number;
      epoch?: number;
      subject?: string;
    } & Partial<EventReceipt>,
  ): Promise<void> {
    const { topic, offset, outcome, atMs = noonMs + 20, epoch = 1, subject = "o-1", ...more } = at;
    const receipt: EventReceipt = {
      kind: "event",
      outcome,
      service,
      instance: `${service}-1`,
      version: "1.0.0",
      handler: name,
      epoch,
      topic,
      partition: 0,
      offset,
      atMs,
      event: { id: null, type: null, subject, sequence: null, correlationId: null, tenantId: null },
      ...more,
    };
    await this.append({ ...receiptRecord(receipt), timestampMs: atMs });
  }

  /** Commits an offset of partition 0 for a group, as a member that comes and goes. */
  async commit(group: string, topic: string, offset: number): Promise<void> {
    const subscription = await this.log.subscribe({
      group,
      topics: [topic],
      onAssigned: async (partitions) => partitions.map(() => null),
      onBatch: async () => {},
      onRevoked: async () => {},
      onLost: () => {},
      onError: () => {},
    });
    subscription.commit({ topic, partition: 0 }, offset);
    await subscription.flush();
    await subscription.close();
  }

  async deadLetter(
    service: string,
    name: string,
    at: { topic: string; offset: number; failureId: string } & Partial<DeadLetter>,
  ): Promise<void> {
    const { topic, offset, failureId, ...more } = at;
    const original = await this.record(topic, offset);
    const error = {
      name: "PaymentError",
      code: "CARD_DECLINED",
      message: "card 42 was declined",
      stack: "PaymentError: card 42 was declined\n    at pay (billing/pay.ts:7:9)",
    };
    const letter: DeadLetter = {
      failureId,
      service,
      serviceVersion: "1.0.0",
      handler: name,
      epoch: 1,
      reason: "failed",
      error,
      attempts: [1, 2, 3, 4].map((n) => ({
        startedAtMs: noonMs + n * 1000,
        endedAtMs: noonMs + n * 1000 + 5,
        instance: `${service}-1`,
        version: "1.0.0",
        error,
      })),
      failedAtMs: noonMs + 70_000,
      holdsSubject: true,
      origin: { topic, topicId: original.topicId, partition: 0, offset, timestampMs: original.timestampMs },
      ...more,
    };
    await this.append({ ...deadLetterRecord(letter, original), timestampMs: letter.failedAtMs });
  }
}

/** A handler's announcement, with what a test does not care about filled in. */
export const handler = (given: Partial<HandlerAnnouncement>): HandlerAnnouncement => ({
  name: "create-invoice",
  types: [{ type: "order.completed", version: 1 }],
  streams: ["order"],
  order: "sequential",
  kind: "transaction",
  mode: "shared",
  askedMode: "shared",
  isSerial: false,
  from: "earliest",
  retryDelaysMs: [1000, 10_000, 60_000],
  state: "live",
  problem: null,
  behind: 0,
  parked: 0,
  dead: 0,
  replays: [],
  ...given,
});
