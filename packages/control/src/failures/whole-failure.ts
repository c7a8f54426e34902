import type { EventLog, LogRecord } from "throughline/seams";
import { type DeadLetter, readDeadLetter } from "throughline/system-topics";
import type { Place } from "../index-store/index-store.ts";
import { readOrSkip } from "../reading/read-or-skip.ts";
import type { IndexedFailure } from "./indexed-failure.ts";

/** What the log still has of a failure. */
export interface LoggedFailure {
  /** Null where retention removed it. */
  readonly letter: DeadLetter | null;
  /** The untouched record that failed, from the letter, or from where it stood; null where both are gone. */
  readonly original: LogRecord | null;
  /** Whether the record that failed still stands where it was read. */
  readonly isOriginThere: boolean;
  /** What is not there any more, in sentences. */
  readonly gone: readonly string[];
}

/** Reads a failure's letter, and the record that failed. */
export async function readLoggedFailure(log: EventLog, failure: IndexedFailure): Promise<LoggedFailure> {
  const found = await letterOf(log, failure);
  const origin = await recordAt(log, failure.origin);
  const topicId = found?.letter.origin.topicId ?? origin?.topicId;
  const isOriginThere = origin !== null && origin.topicId === topicId;
  const standing = isOriginThere ? origin : null;
  const gone = [
    ...(found === null ? ["the dead letter is not in the log any more: its stack and attempts went with it"] : []),
    ...(isOriginThere ? [] : ["the record that failed does not stand where it was read any more"]),
  ];
  if (found === null) return { letter: null, original: standing, isOriginThere, gone };
  const { letter } = found;
  const isShort = letter.valueOmitted === true || letter.headersOmitted === true;
  if (isShort && !isOriginThere) gone.push("the value was too large for the dead letter: only the service's store still has it");
  if ((letter.attemptsOmitted ?? 0) > 0) gone.push(`${letter.attemptsOmitted} attempts were too large for the dead letter`);
  return { letter, original: isShort ? standing : found.original, isOriginThere, gone };
}

async function letterOf(log: EventLog, { letter: place, failureId }: IndexedFailure) {
  const record = await recordAt(log, place);
  const found = record === null ? null : readOrSkip(() => readDeadLetter(record));
  return found?.letter.failureId === failureId ? found : null;
}

/** One record; null where it is gone, or was never there. */
export async function recordAt(log: EventLog, { topic, partition, offset }: Place): Promise<LogRecord | null> {
  if (!(await log.topics()).some(({ name }) => name === topic)) return null;
  const ends = (await log.offsets(topic)).find((each) => each.partition === partition);
  if (ends === undefined || offset < ends.earliest || offset >= ends.end) return null;
  for await (const batch of log.read({ topic, partition, fromOffset: offset, toOffset: offset + 1, maxBatchRecords: 1 })) {
    const found = batch.find((record) => record.offset === offset);
    if (found !== undefined) return found;
  }
  return null;
}
