import type { LogRecord } from "../seams/event-log.ts";

/**
 * The record as data of its own, with everything there and nothing still to be unpacked: to be kept, written as JSON, or changed.
 * A spread of a log's record would not do: its `headers` may be made when they are asked for, and its `packedHeaders`, which are
 * read first, would outlive a change of them.
 */
export function plainRecord({ topic, topicId, partition, offset, timestampMs, key, value, headers }: LogRecord): LogRecord {
  return { topic, topicId, partition, offset, timestampMs, key, value, headers };
}
