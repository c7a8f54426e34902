import { type DecodedEvent, decodeEvent } from "../envelope/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { EventLog, LogRecord } from "../seams/event-log.ts";

/** An event of the service's own that stands in the log, with its number. */
export interface SentEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number;
  readonly sequenceEpoch: number;
}

/**
 * The numbered events that a service sent to a topic, in batches, from an offset of each partition on (the start, where there is
 * none). A topic that no longer exists has none.
 */
export async function* sentEvents(
  log: EventLog,
  range: { service: string; topic: string; from: readonly (number | undefined)[]; signal: AbortSignal },
): AsyncIterable<SentEvent[]> {
  const partitions = await log.offsets(range.topic).catch((error: unknown) => {
    if (isThroughlineError(error, "LOG_TOPIC_UNKNOWN")) return [];
    throw error;
  });
  for (const { partition, earliest, end } of partitions) {
    const from = range.from[partition] ?? earliest;
    // Beyond the end: the topic was made anew since.
    const fromOffset = from > end ? earliest : from;
    for await (const batch of log.read({ topic: range.topic, partition, fromOffset, toOffset: end, signal: range.signal }))
      yield batch.map((record) => sentEvent(record, range.service)).filter((event) => event !== null);
  }
}

function sentEvent(record: LogRecord, service: string): SentEvent | null {
  let event: DecodedEvent;
  try {
    event = decodeEvent(record);
  } catch {
    return null;
  }
  const { source, id, type, subject, sequence, sequenceEpoch } = event;
  if (source !== service || subject === null || sequence === null) return null;
  const { topic, partition, offset } = record;
  return { topic, partition, offset, id, type, subject, sequence, sequenceEpoch };
}
