import type { EventLog, LogRecord } from "throughline/seams";
import { auditTopic, readDeadLetter, type AuditEntry, type DeadLetter, type EventReceipt } from "throughline/system-topics";
import { auditedLetter } from "../index-store/failure-state.ts";
import { deadLetterTopics } from "./event-topics.ts";
import { readOrSkip } from "./read-or-skip.ts";
import { readReceipts } from "./receipts.ts";
import { readTopic, scan, spansOf, type ScanOptions } from "./scan.ts";
import { seenEvent, type SeenEvent } from "./seen-event.ts";
import type { ServicesSeen } from "./services-seen.ts";

/** A dead letter, and what became of it since. */
export interface Failure {
  readonly letter: DeadLetter;
  /** The untouched record that failed. */
  readonly original: LogRecord;
  /** Null where the record is no event, or none that can be read. */
  readonly event: SeenEvent | null;
  /** `asked`: a redrive or discard was asked for, and no answer is known (yet, or any more). */
  readonly state: "open" | "asked" | "answered";
  /** The last request for it. */
  readonly asked: { readonly action: string; readonly by: string; readonly atMs: number } | null;
  /** What answered it: a receipt, or the audit where that has expired. Null for a rebuild, too. */
  readonly answer: Pick<EventReceipt, "outcome" | "atMs"> | null;
  /** Later events of its subject that wait behind it, as far as receipts tell. */
  readonly heldFollowers: number;
}

/** Records of other topics are read from this long before the oldest letter on. */
const readAheadMs = 60_000;

/**
 * Reads every dead letter of every service and what receipts and the audit say of it, oldest failure first.
 * A letter is answered once its failure was applied, stale, a duplicate, discarded or refused as answered, or its event was
 * handled after it; a rebuild in a later epoch answers what it reread.
 */
export async function readFailures(log: EventLog, services: ServicesSeen, options: ScanOptions = {}): Promise<Failure[]> {
  const letters = await readLetters(log, options);
  if (letters.length === 0) return [];
  const sinceMs =
    letters.reduce((least, { letter }) => Math.min(least, letter.failedAtMs), Number.POSITIVE_INFINITY) - readAheadMs;
  const receipts = await receiptsOf(log, letters, { sinceMs, ...(options.signal ? { signal: options.signal } : {}) });
  const audit = await readAudit(log, sinceMs, options.signal);
  return letters.map(({ letter, original }) => {
    const { asked, ...audited } = auditedLetter(audit.get(letter.failureId) ?? [], letter.failedAtMs);
    const answer = receipts.answers.get(letter.failureId) ?? audited.answer;
    const event = seenEvent(original) ?? adoptedEvent(letter);
    return {
      letter,
      original,
      event,
      state: answer !== null || wasRebuilt(letter, services) ? "answered" : asked !== null ? "asked" : "open",
      asked: asked === null ? null : { action: asked.action, by: asked.by, atMs: asked.atMs },
      answer,
      heldFollowers: letter.holdsSubject && event !== null ? receipts.waitingBehind(letter, event) : 0,
    };
  });
}

/** The event of a letter whose original only its consumer's contract can read: what it said of it. */
export function adoptedEvent({ adopted, origin }: DeadLetter): SeenEvent | null {
  if (adopted === undefined) return null;
  const { topic, partition, offset, timestampMs } = origin;
  const nothing = { causationId: null, sequence: null, dataVersion: null };
  return { topic, partition, offset, timestampMs, ...nothing, ...adopted };
}

/** The newest letter of each failure; a letter that died again after a redrive replaces the one before it. */
async function readLetters(log: EventLog, options: ScanOptions): Promise<{ letter: DeadLetter; original: LogRecord }[]> {
  const letters = new Map<string, { letter: DeadLetter; original: LogRecord }>();
  for await (const batch of scan(log, await spansOf(log, await deadLetterTopics(log), { at: "earliest" }), options)) {
    for (const record of batch) {
      const found = readOrSkip(() => readDeadLetter(record));
      if (found === null) continue;
      const place = placeOf(found.letter.service, found.letter.handler, found.letter.origin, found.letter.epoch);
      const earlier = letters.get(place);
      if (earlier === undefined || earlier.letter.failedAtMs <= found.letter.failedAtMs) letters.set(place, found);
    }
  }
  return [...letters.values()].toSorted((a, b) => a.letter.failedAtMs - b.letter.failedAtMs);
}

const placeOf = (
  service: string,
  handler: string,
  at: { topic: string; partition: number; offset: number },
  epoch: number,
): string => `${service}/${handler}/${epoch}/${at.topic}/${at.partition}/${at.offset}`;

const answersByFailure: ReadonlySet<string> = new Set(["applied", "duplicate", "stale", "discarded"]);
const answersByPlace: ReadonlySet<string> = new Set(["applied", "stale", "discarded"]);

/** A refusal answers a letter only when it says that the event was handled; others leave it open, to be asked better. */
const saysHandled = ({ outcome, error }: EventReceipt): boolean =>
  outcome === "refused" && error?.code === "REDRIVE_HANDLED_ALREADY";

interface LetterReceipts {
  readonly answers: ReadonlyMap<string, EventReceipt>;
  waitingBehind(letter: DeadLetter, event: SeenEvent): number;
}

async function receiptsOf(
  log: EventLog,
  letters: readonly { letter: DeadLetter }[],
  options: ScanOptions & { sinceMs: number },
): Promise<LetterReceipts> {
  const byFailure = new Map(letters.map(({ letter }) => [letter.failureId, letter]));
  const byPlace = new Map(
    letters.map(({ letter }) => [placeOf(letter.service, letter.handler, letter.origin, letter.epoch), letter]),
  );
  const answers = new Map<string, EventReceipt>();
  const waiting = new Map<string, EventReceipt>();
  for await (const { receipt } of readReceipts(log, options)) {
    if (receipt.kind === "range") continue;
    const place = placeOf(receipt.service, receipt.handler, receipt, receipt.epoch);
    if (receipt.outcome === "parked") waiting.set(place, receipt);
    else if (receipt.outcome !== "refused") waiting.delete(place);
    const named = receipt.failureId === undefined ? undefined : byFailure.get(receipt.failureId);
    const letter = named ?? byPlace.get(place);
    const answering = named === undefined ? answersByPlace : answersByFailure;
    if (letter === undefined) continue;
    // A handler's receipts come in their order, whatever the clocks of its instances say: the last word counts.
    if (answering.has(receipt.outcome)) answers.set(letter.failureId, receipt);
    // That it was answered before says less than the answer itself.
    else if (saysHandled(receipt) && !answers.has(letter.failureId)) answers.set(letter.failureId, receipt);
    else if (receipt.outcome === "dead") answers.delete(letter.failureId);
  }
  return {
    answers,
    waitingBehind: (letter, event) =>
      [...waiting.values()].filter(
        (receipt) =>
          receipt.service === letter.service &&
          receipt.handler === letter.handler &&
          receipt.epoch === letter.epoch &&
          receipt.topic === letter.origin.topic &&
          receipt.reason === "behind" &&
          receipt.event.subject === event.subject,
      ).length,
  };
}

/** What the audit says of single failures, in its order. */
async function readAudit(log: EventLog, sinceMs: number, signal: AbortSignal | undefined): Promise<Map<string, AuditEntry[]>> {
  const entries = new Map<string, AuditEntry[]>();
  for await (const record of readTopic(log, auditTopic, { sinceMs, ...(signal ? { signal } : {}) })) {
    const entry = readOrSkip(() =>
      record.value === null ? null : (JSON.parse(Buffer.from(record.value).toString()) as AuditEntry),
    );
    if (entry?.failureId === undefined) continue;
    const ofFailure = entries.get(entry.failureId);
    if (ofFailure === undefined) entries.set(entry.failureId, [entry]);
    else ofFailure.push(entry);
  }
  return entries;
}

/** A rebuild drops the old epoch's dead letters that its range rereads. */
const wasRebuilt = (letter: DeadLetter, services: ServicesSeen): boolean =>
  services
    .handler(letter.service, letter.handler)
    ?.replays.some((replay) => replay.kind === "rebuild" && replay.state !== "cancelled" && replay.epoch > letter.epoch) ?? false;

export interface FailureFilter {
  readonly service?: string;
  readonly handler?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly sinceMs?: number;
}

/** Which failures a filter names. */
export const matchesFilter = (failure: Failure, filter: FailureFilter): boolean =>
  (filter.service === undefined || failure.letter.service === filter.service) &&
  (filter.handler === undefined || failure.letter.handler === filter.handler) &&
  (filter.type === undefined || failure.event?.type === filter.type) &&
  (filter.reason === undefined || failure.letter.reason === filter.reason) &&
  (filter.sinceMs === undefined || failure.letter.failedAtMs >= filter.sinceMs);
