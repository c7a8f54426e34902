import { plainRecord } from "../packed-headers/index.ts";
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
  /** The event, where the original is no CloudEvent, and only a contract of the service's that adopts its topic can read it. */
  readonly adopted?: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly subject: string | null;
    readonly time: string | null;
    readonly correlationId: string | null;
    readonly tenantId: string | null;
  };
  /** The value is too large to stand in a letter: it stands at `origin`, and in the service's store, which redrives it whole. */
  readonly valueOmitted?: true;
  /** Neither the original's headers nor its key stand in the letter, for the same reason. */
  readonly headersOmitted?: true;
  /** How many attempts before the last do not stand in `attempts`, for the same reason. */
  readonly attemptsOmitted?: number;
}

const header = "throughline-dead-letter";

/**
 * The record for `<service>.dlt`: the original key, value and headers, and one more header that tells what happened. Where that
 * is more than the log takes, it goes without the value; then without what the attempts before the last failed with, and
 * without stacks; then without the original's headers and key, too. So every letter can be sent: one that the log refuses
 * would tell nobody of its failure.
 */
export function deadLetterRecord(letter: DeadLetter, original: LogRecord, maxRecordBytes = Number.POSITIVE_INFINITY): NewRecord {
  const withoutValue = { ...plainRecord(original), value: null };
  const short = shortened(letter);
  const candidates = [
    () => letterRecord(letter, original),
    () => letterRecord({ ...letter, valueOmitted: true }, withoutValue),
    () => letterRecord({ ...short, valueOmitted: true }, withoutValue),
  ];
  for (const candidate of candidates) {
    const record = candidate();
    if (recordBytes(record) <= maxRecordBytes) return record;
  }
  const { adopted: _, ...bare } = short;
  return letterRecord({ ...bare, valueOmitted: true, headersOmitted: true }, { ...withoutValue, key: null, headers: [] });
}

const mostText = 500;

function shortened(letter: DeadLetter): DeadLetter {
  const short = ({ name, code, message }: FailureDetail): FailureDetail => ({
    name: name.slice(0, mostText),
    code,
    message: message.length > mostText ? `${message.slice(0, mostText)} …` : message,
    stack: null,
  });
  const last = letter.attempts.at(-1);
  const attempts = last === undefined ? [] : [{ ...last, error: last.error && short(last.error) }];
  return { ...letter, error: short(letter.error), attempts, attemptsOmitted: letter.attempts.length - attempts.length };
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
  return { letter, original: { ...plainRecord(record), ...letter.origin, headers: record.headers.toSpliced(at, 1) } };
}
