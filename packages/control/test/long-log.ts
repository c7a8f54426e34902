import { encodeEvent, type EventLog } from "throughline";
import type { LogRecord } from "throughline/seams";
import {
  announcementRecord,
  deadLetterRecord,
  packDurations,
  receiptRecord,
  receiptsTopic,
  servicesTopic,
  type HandlerAnnouncement,
} from "throughline/system-topics";
import { aHandler } from "./fleet.ts";
import { noonMs, toldRecord } from "./small-log.ts";

/** Event types of one flow, each in a topic of its own. */
export const topicsOfAFlow = 12;
const lettersTopic = "failing.dlt";
const partitions = 3;
const inRange = 1_000;
const handlers = 2;

/**
 * A log of many flows that makes each record when it is read, so that ten million fit anywhere: flow `f` has one event in each of twelve
 * topics, and two handlers of each topic applied it. One in `failEvery` died in a third one, and every other one of those was redriven.
 */
export function longLog(flows: number, failEvery = 0): EventLog {
  const letters = failEvery === 0 ? 0 : Math.floor(flows / failEvery);
  const perPartition = Math.ceil(flows / partitions);
  const ranges = Math.floor(perPartition / inRange);
  const topics = Array.from({ length: topicsOfAFlow }, (_, n) => ({
    name: `stream${n}`,
    id: `id-${n}`,
    partitions,
    compacted: false,
  }));
  const receipts = topicsOfAFlow * partitions * ranges * handlers;
  const end = (topic: string, partition: number): number => {
    if (topic === servicesTopic) return handlers;
    if (topic === receiptsTopic) return receipts + letters * 2;
    if (topic === lettersTopic) return letters;
    return Math.floor((flows - 1 - partition) / partitions) + 1;
  };
  const log: Partial<EventLog> = {
    topics: async () => [
      ...topics,
      { name: receiptsTopic, id: "receipts", partitions: 1, compacted: false },
      { name: servicesTopic, id: "services", partitions: 1, compacted: true },
      ...(letters === 0 ? [] : [{ name: lettersTopic, id: "letters", partitions: 1, compacted: false }]),
    ],
    offsets: async (topic) =>
      Array.from({ length: topic.startsWith("stream") ? partitions : 1 }, (_, partition) => ({
        partition,
        earliest: 0,
        end: end(topic, partition),
      })),
    committedOffsets: async () => [],
    groups: async () => [],
    async *read({ topic, partition, fromOffset, toOffset }) {
      for (let from = fromOffset; from < toOffset!; from += 500) {
        const batch: LogRecord[] = [];
        for (let offset = from; offset < Math.min(from + 500, toOffset!); offset++) {
          if (topic === receiptsTopic)
            batch.push(offset < receipts ? receiptAt(offset, ranges) : toldAt(offset, offset - receipts, failEvery));
          else if (topic === lettersTopic) batch.push(letterAt(offset, failEvery));
          else if (topic === servicesTopic)
            batch.push(
              announcementAt(
                offset,
                topics.map(({ name }) => name),
              ),
            );
          else batch.push(eventAt(Number(topic.slice("stream".length)), partition, offset));
        }
        yield batch;
      }
    },
  };
  return log as EventLog;
}

/** A UUIDv7 of the flow's time, and of whatever else it shall be told apart by. */
export function uuidOf(flow: number, part: number): string {
  const time = (noonMs + flow).toString(16).padStart(12, "0");
  const rest = (Math.imul(flow + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6)}${part.toString(16).padStart(10, "0")}`;
}

export const correlationOf = (flow: number): string => uuidOf(flow, 999);
const eventOfFlow = (flow: number, topic: number): string => uuidOf(flow, topic);

function eventAt(topic: number, partition: number, offset: number): LogRecord {
  const flow = offset * partitions + partition;
  const { key, value, headers } = encodeEvent({
    id: eventOfFlow(flow, topic),
    source: `service${topic}`,
    type: `stream${topic}.happened`,
    subject: `o-${flow}`,
    timeMs: noonMs + flow,
    dataVersion: 1,
    data: {},
    correlationId: correlationOf(flow),
    causationId: topic === 0 ? null : eventOfFlow(flow, topic - 1),
    tenantId: `tenant-${flow % 50}`,
  });
  const at = { topic: `stream${topic}`, topicId: `id-${topic}`, partition, offset, timestampMs: noonMs + flow };
  return { ...at, key, value, headers };
}

function receiptAt(offset: number, ranges: number): LogRecord {
  const [handler, place] = [offset % handlers, Math.floor(offset / handlers)];
  const range = place % ranges;
  const partition = Math.floor(place / ranges) % partitions;
  const topic = Math.floor(place / ranges / partitions);
  const from = range * inRange;
  const { key, value, headers } = receiptRecord({
    kind: "range",
    service: `reader${handler}`,
    instance: `reader${handler}-1`,
    version: "1.0.0",
    handler: "handle",
    epoch: 1,
    topic: `stream${topic}`,
    partition,
    from,
    to: from + inRange,
    applied: packDurations(Array.from({ length: inRange }, () => 900)),
    atMs: noonMs + (from + inRange) * partitions,
  });
  return {
    topic: receiptsTopic,
    topicId: "receipts",
    partition: 0,
    offset,
    timestampMs: noonMs,
    key,
    value,
    headers,
  };
}

function announcementAt(offset: number, streams: readonly string[]): LogRecord {
  const handler: HandlerAnnouncement = {
    ...aHandler,
    types: streams.map((stream) => ({ type: `${stream}.happened`, version: 1 })),
    streams,
    order: "any",
  };
  const service = `reader${offset}`;
  const said = {
    service,
    instance: `${service}-1`,
    version: "1.0.0",
    owner: null,
    state: "running",
    startedAtMs: noonMs,
    atMs: noonMs,
  } as const;
  const { key, value, headers } = announcementRecord({ ...said, publishes: [], handlers: [handler], outbox: null });
  return {
    topic: servicesTopic,
    topicId: "services",
    partition: 0,
    offset,
    timestampMs: noonMs,
    key,
    value,
    headers,
  };
}

const failing = { service: "failing", handler: "handle", epoch: 1 } as const;
const placeOfFlow = (flow: number) => ({ topic: "stream3", partition: flow % partitions, offset: Math.floor(flow / partitions) });

function letterAt(number: number, failEvery: number): LogRecord {
  const flow = number * failEvery;
  const { partition, offset } = placeOfFlow(flow);
  const original = eventAt(3, partition, offset);
  const { topic, topicId, timestampMs } = original;
  const { key, value, headers } = deadLetterRecord(
    {
      ...failing,
      failureId: uuidOf(flow, 500),
      serviceVersion: `1.${Math.floor(number / 1_000)}`,
      reason: "failed",
      error: { name: "Error", code: null, message: `cause${"abcdefg"[number % 7]} of ${flow}`, stack: null },
      attempts: [],
      failedAtMs: noonMs + flow,
      holdsSubject: false,
      origin: { topic, topicId, partition, offset, timestampMs },
    },
    original,
  );
  return {
    topic: lettersTopic,
    topicId: "letters",
    partition: 0,
    offset: number,
    timestampMs,
    key,
    value,
    headers,
  };
}

/** Each died; every other one was applied when it was redriven. */
function toldAt(at: number, number: number, failEvery: number): LogRecord {
  const letter = Math.floor(number / 2);
  const flow = letter * failEvery;
  const outcome = number % 2 === 0 ? "dead" : letter % 2 === 0 ? "applied" : "retried";
  const { key, value, headers } = toldRecord(failing.service, failing.handler, "stream3", 0, {
    ...placeOfFlow(flow),
    outcome,
    failureId: uuidOf(flow, 500),
    atMs: noonMs + flow + (number % 2),
  });
  return {
    topic: receiptsTopic,
    topicId: "receipts",
    partition: 0,
    offset: at,
    timestampMs: noonMs,
    key,
    value,
    headers,
  };
}
