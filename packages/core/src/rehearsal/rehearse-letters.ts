import { isThroughlineError } from "../errors/index.ts";
import { type Delivery, deliveryKey } from "../handling/delivery.ts";
import { isInfrastructureFailure } from "../handling/failure.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { TransactionAbandoned } from "../handling/handler-transaction.ts";
import { waitFor } from "../handling/retry-wait.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { ParkedRow } from "../seams/store.ts";
import { tooMany } from "./letter-results.ts";
import type { RehearsalLetter, RehearsalOptions, RehearsedLetter } from "./rehearsal.ts";
import { SubjectRehearsal } from "./subject-rehearsal.ts";

const readAtOnce = 200;
const mostOfSubject = 200;
/** So often a transaction may lose against the running service before it is an error. */
const mostConflicts = 20;

interface Subject {
  readonly handler: string;
  readonly letters: RehearsalLetter[];
}

/**
 * Rehearses letters, subject by subject, each subject's in its order and in one short transaction. Between two transactions of a
 * store that has one writer the running service has its turn.
 */
export async function rehearseLetters<Tx>(
  scope: ServiceScope<Tx>,
  handlers: readonly HandlerState<Tx>[],
  letters: readonly RehearsalLetter[],
  options: RehearsalOptions,
): Promise<RehearsedLetter[]> {
  const rehearsed: RehearsedLetter[] = [];
  const tell = (results: readonly RehearsedLetter[]): void => {
    for (const letter of results) {
      rehearsed.push(letter);
      options.onLetter?.(letter);
    }
  };
  const { clock } = scope.surroundings;
  for (const subject of (await subjectsOf(scope, letters)).values()) {
    if (options.signal?.aborted === true) break;
    const handler = handlers.find(({ spec }) => spec.name === subject.handler || spec.renamedFrom.includes(subject.handler));
    if (handler === undefined) {
      tell(
        subject.letters.map((letter) =>
          unknown(letter, `this build has no handler "${letter.handler}", or its store does not know it`),
        ),
      );
      continue;
    }
    const startedAt = clock.monotonic();
    tell(await rehearseSubject(scope, handler, subject.letters.slice(0, mostOfSubject), options));
    tell(subject.letters.slice(mostOfSubject).map((letter) => unknown(letter, tooMany)));
    if (!scope.store.features.concurrentWriters)
      await waitFor(scope.surroundings, clock.monotonic() - startedAt, options.signal ?? scope.closing);
  }
  return rehearsed;
}

/** In as many transactions as it takes: one that ends the whole transaction is known in the next. */
async function rehearseSubject<Tx>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  letters: readonly RehearsalLetter[],
  options: RehearsalOptions,
): Promise<RehearsedLetter[]> {
  const rehearsal = new SubjectRehearsal(scope, handler, letters, options);
  let stopped: unknown = null;
  for (let conflicts = 0; ;) {
    try {
      const found = await rehearsal.run();
      if (options.signal?.aborted === true || stopped === null) return found;
      return [...found, ...restOf(letters, found, (stopped as Error).message)];
    } catch (error) {
      const { delivery, reason } = error instanceof TransactionAbandoned ? error : { delivery: null, reason: error };
      if (isThroughlineError(reason, "TX_CONFLICT") && ++conflicts <= mostConflicts) {
        await waitFor(scope.surroundings, 10 * conflicts, options.signal ?? scope.closing);
        continue;
      }
      const isTooLong = isThroughlineError(reason, "TX_TOO_LONG");
      if (isInfrastructureFailure(reason)) throw reason;
      const culprit = delivery === null ? (isTooLong ? rehearsal.underWay?.key : undefined) : deliveryKey(delivery);
      if (culprit === undefined && isTooLong) return letters.map((letter) => unknown(letter, tooMany));
      if (culprit === undefined || stopped !== null) throw reason;
      // What took the time that others had left, or cannot be undone, may pass where it has a transaction of its own.
      const mayPass = (isTooLong && (rehearsal.underWay?.before ?? 0) > 0) || isThroughlineError(reason, "TX_SHARING_ENDED");
      if (mayPass || rehearsal.failures.has(culprit)) {
        stopped = reason;
        rehearsal.stopAt(culprit);
      } else rehearsal.failures.set(culprit, reason);
    }
  }
}

const restOf = (letters: readonly RehearsalLetter[], found: readonly RehearsedLetter[], why: string): RehearsedLetter[] =>
  letters.filter(({ failureId }) => !found.some((each) => each.failureId === failureId)).map((letter) => unknown(letter, why));

const unknown = ({ failureId, handler }: RehearsalLetter, why: string): RehearsedLetter => ({
  failureId,
  handler,
  outcome: "unknown",
  why,
  error: null,
  reason: null,
  publishes: {},
});

/** Letters by handler, stream and subject, in the order of the log; each by itself where it has none. */
async function subjectsOf<Tx>(scope: ServiceScope<Tx>, letters: readonly RehearsalLetter[]): Promise<Map<string, Subject>> {
  const subjects = new Map<string, Subject>();
  const ofOnce = [...new Map(letters.map((letter) => [letter.failureId, letter])).values()];
  const placed: { letter: RehearsalLetter; key: string; at: Place }[] = [];
  for (let from = 0; from < ofOnce.length; from += readAtOnce) {
    const page = ofOnce.slice(from, from + readAtOnce);
    const rows = await scope.store.unitOfWork((unit) => unit.parked.find(page.map(({ failureId }) => failureId)), {
      readOnly: true,
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const letter of page) placed.push(placeOf(scope, letter, byId.get(letter.failureId)));
  }
  placed.sort(({ at: a }, { at: b }) => a.sequenceEpoch - b.sequenceEpoch || a.partition - b.partition || a.offset - b.offset);
  for (const { letter, key } of placed) {
    const subject = subjects.get(key) ?? { handler: letter.handler, letters: [] };
    subjects.set(key, subject);
    subject.letters.push(letter);
  }
  return subjects;
}

interface Place {
  readonly sequenceEpoch: number;
  readonly partition: number;
  readonly offset: number;
}

function placeOf<Tx>(scope: ServiceScope<Tx>, letter: RehearsalLetter, row: ParkedRow | undefined) {
  const record = row?.record ?? letter.original;
  const read: Delivery | null = record === undefined ? null : scope.deliveries.of(record);
  const subject = row?.subject ?? read?.event?.subject ?? "";
  const key = subject === "" ? letter.failureId : JSON.stringify([letter.handler, record?.topic, subject]);
  const { partition = 0, offset = 0 } = record ?? {};
  return { letter, key, at: { sequenceEpoch: row?.sequenceEpoch ?? read?.event?.sequenceEpoch ?? 0, partition, offset } };
}
