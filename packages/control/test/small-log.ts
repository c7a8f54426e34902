import { createMemoryLog, encodeEvent, withSequence } from "throughline";
import type { EventLog, NewRecord } from "throughline/seams";
import {
  announcementRecord,
  deadLetterRecord,
  packDurations,
  receiptRecord,
  type DeadLetter,
  type EventReceipt,
  type HandlerAnnouncement,
  type ServiceAnnouncement,
  type ShippedLine,
  type ShippedLines,
  shippedLinesRecord,
} from "throughline/system-topics";

export const noonMs = Date.UTC(2026, 6, 1, 12);

/** A log that is written by hand, as services would. */
export class SmallLog {
  readonly log: EventLog;

  constructor(log: EventLog = createMemoryLog({ defaultPartitions: 1 })) {
    this.log = log;
  }

  async append(...records: NewRecord[]): Promise<number[]> {
    await this.log.createTopics([...new Set(records.map(({ topic }) => topic))].map((name) => ({ name, partitions: 1 })));
    return (await this.log.append(records)).map((result) => {
      if (!result.ok) throw result.error;
      return result.offset;
    });
  }

  async event(part: Parameters<typeof eventRecord>[0]): Promise<number> {
    return (await this.append(eventRecord(part)))[0]!;
  }

  async range(
    service: string,
    handler: string,
    topic: string,
    from: number,
    durations: (number | null)[],
    more = {},
  ): Promise<void> {
    await this.append(
      receiptRecord({
        kind: "range",
        ...origin(service, handler, topic),
        from,
        to: from + durations.length,
        applied: packDurations(durations),
        ...more,
      }),
    );
  }

  async told(service: string, handler: string, topic: string, offset: number, part: Partial<EventReceipt>): Promise<void> {
    await this.append(toldRecord(service, handler, topic, offset, part));
  }

  async letter(service: string, handler: string, topic: string, offset: number, part: Partial<DeadLetter> = {}): Promise<void> {
    for await (const batch of this.log.read({ topic, partition: 0, fromOffset: offset, toOffset: offset + 1 })) {
      const original = batch[0]!;
      const { topicId, timestampMs } = original;
      const letter: DeadLetter = {
        failureId: `failure-${service}-${offset}`,
        service,
        serviceVersion: "1.0.0",
        handler,
        epoch: 1,
        reason: "failed",
        error: { name: "Error", code: null, message: `no ${offset}`, stack: null },
        attempts: [],
        failedAtMs: noonMs + 1_000,
        holdsSubject: true,
        origin: { topic, topicId, partition: 0, offset, timestampMs },
        ...part,
      };
      await this.append(deadLetterRecord(letter, original));
    }
  }

  /** Lines as a service ships them. */
  async lines(service: string, lines: readonly Partial<ShippedLine>[], more: Partial<ShippedLines> = {}): Promise<void> {
    const atMs = more.atMs ?? Math.max(...lines.map((line) => line.atMs ?? 0), noonMs + 20) + 10;
    const about = { service, instance: `${service}-1`, version: "1.0.0", ...more, atMs };
    const whole = lines.map((line): ShippedLine => ({ atMs: noonMs + 20, level: "info", message: "done", ...line }));
    await this.append({
      ...shippedLinesRecord(
        about,
        whole.map((line) => JSON.stringify(line)),
      ),
      timestampMs: atMs,
    });
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
        owner: `team-${service}`,
        state: "running",
        startedAtMs: noonMs - 60_000,
        atMs: noonMs,
        publishes: [],
        handlers: handlers.map(handlerOf),
        outbox: null,
        ...more,
      }),
    );
  }
}

const origin = (service: string, handler: string, topic: string) => ({
  service,
  instance: `${service}-1`,
  version: "1.0.0",
  handler,
  epoch: 1,
  topic,
  partition: 0,
  atMs: noonMs + 20,
});

export function toldRecord(
  service: string,
  handler: string,
  topic: string,
  offset: number,
  part: Partial<EventReceipt>,
): NewRecord {
  const event = { id: null, type: null, subject: null, sequence: null, correlationId: null, tenantId: null };
  return receiptRecord({ kind: "event", ...origin(service, handler, topic), offset, outcome: "applied", event, ...part });
}

export function eventRecord(part: {
  id: string;
  type: string;
  source?: string;
  subject?: string;
  correlationId?: string;
  causationId?: string | null;
  tenantId?: string | null;
  atMs?: number;
}): NewRecord {
  const {
    id,
    type,
    source = "orders",
    subject = "o-1",
    correlationId = "flow-1",
    causationId = null,
    tenantId = null,
    atMs = noonMs,
  } = part;
  const { key, value, headers } = encodeEvent({
    id,
    source,
    type,
    subject,
    timeMs: atMs,
    dataVersion: 1,
    data: { order_id: subject },
    correlationId,
    causationId,
    tenantId,
  });
  return { topic: type.split(".")[0]!, key, value, headers: withSequence(headers, 1, 0), timestampMs: atMs };
}

const handlerOf = (part: Partial<HandlerAnnouncement>): HandlerAnnouncement => ({
  name: "handle",
  types: [{ type: "order.completed", version: 1 }],
  streams: ["order"],
  order: "sequential",
  kind: "transaction",
  mode: "shared",
  askedMode: "shared",
  isSerial: false,
  from: "earliest",
  retryDelaysMs: [1_000],
  state: "live",
  problem: null,
  behind: 0,
  parked: 0,
  dead: 0,
  replays: [],
  ...part,
});
