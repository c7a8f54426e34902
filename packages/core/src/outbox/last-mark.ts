import { isThroughlineError } from "../errors/index.ts";
import type { EventLog } from "../seams/event-log.ts";
import { marksTopic, type OutboxMark, readMark } from "../system-topics/index.ts";

const firstStep = 500;

/** The newest mark of a service, read from the end of the topic backwards; null when there is none. */
export async function lastMark(log: EventLog, service: string, signal: AbortSignal): Promise<OutboxMark | null> {
  const partitions = await log.offsets(marksTopic).catch((error: unknown) => {
    if (isThroughlineError(error, "LOG_TOPIC_UNKNOWN")) return [];
    throw error;
  });
  let newest: OutboxMark | null = null;
  for (const { partition, earliest, end } of partitions) {
    let step = firstStep;
    for (let until = end; until > earliest;) {
      const from = Math.max(earliest, until - step);
      const found = await lastIn(log, service, { partition, fromOffset: from, toOffset: until, signal });
      if (found !== null && (newest === null || isLater(found, newest))) newest = found;
      until = found === null ? from : earliest;
      step *= 4;
    }
  }
  return newest;
}

async function lastIn(
  log: EventLog,
  service: string,
  range: { partition: number; fromOffset: number; toOffset: number; signal: AbortSignal },
): Promise<OutboxMark | null> {
  let last: OutboxMark | null = null;
  for await (const batch of log.read({ topic: marksTopic, ...range })) {
    for (const { key, value } of batch) {
      if (key !== null && Buffer.from(key).toString() === service) last = readMark(value) ?? last;
    }
  }
  return last;
}

const isLater = (a: OutboxMark, b: OutboxMark): boolean =>
  a.sequenceEpoch > b.sequenceEpoch || (a.sequenceEpoch === b.sequenceEpoch && a.given > b.given);
