import { recordBytes } from "../partition/index.ts";
import type { Header, LogRecord, NewRecord } from "../seams/event-log.ts";
import type { Attempt, FailureDetail, ParkedReason } from "../seams/store.ts";
import { deadLetterTopic } from "./topic-names.ts";

/** What stands beside the untouched original in a dead letter. */
export interface DeadLetter {
  readonly failureId: string;
  readonly service: string;
  readonly serviceVersion: string;
  readonly handler: string;
  readonly epoch: number;
  readonly reason: ParkedReason;
  readonly error: FailureDetail;
  readonly attempts: readonly Attempt[];
  readonly failedAtMs: number;
  /** Later events of its subject wait for this one. */
  readonly holdsSubject: boolean;
  readonly origin: {
    readonly topic: string;
    readonly topicId: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestampMs: number;
  };
  /** The value is too large to stand in a letter: it stands at `origin`, and in the service's store, which redrives it whole. */
  readonly valueOmitted?: true;
}

const header = "throughline-dead-letter";

/**
 * The record for `<service>.dlt`: the original key, value and headers, and one more header that tells what happened. An
 * original that leaves no room for that header goes without its value.
 */
export function deadLetterRecord(letter: DeadLetter, original: LogRecord, maxRecordBytes = Number.POSITIVE_INFINITY): NewRecord {
  const whole = letterRecord(letter, original);
  if (recordBytes(whole) <= maxRecordBytes) return whole;
  return letterRecord({ ...letter, valueOmitted: true }, { ...original, value: null });
}

function letterRecord(letter: DeadLetter, original: LogRecord): NewRecord {
  return {
    topic: deadLetterTopic(letter.service),
    key: original.key,
    value: original.value,
    headers: [...original.headers, [header, Buffer.from(JSON.stringify(letter))] satisfies Header],
  };
}

/** Null for a record that is no dead letter of ours. The original's headers are those without the last of ours. */
export function readDeadLetter(record: LogRecord): { letter: DeadLetter; original: LogRecord } | null {
  const at = record.headers.findLastIndex(([name]) => name === header);
  const text = record.headers[at]?.[1];
  if (!text) return null;
  const letter = JSON.parse(Buffer.from(text).toString()) as DeadLetter;
  return { letter, original: { ...record, ...letter.origin, headers: record.headers.toSpliced(at, 1) } };
}
