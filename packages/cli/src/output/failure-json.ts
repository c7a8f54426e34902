import { type Failure, valueForJson } from "@throughline/control/reading";

/** A dead letter for `--json`: one flat object. */
export function failureJson(failure: Failure) {
  const { letter, event, state, asked, answer, heldFollowers } = failure;
  const { failureId, service, serviceVersion, handler, epoch, reason, origin, holdsSubject } = letter;
  const { name, code, message } = letter.error;
  return {
    failureId,
    state,
    service,
    serviceVersion,
    handler,
    epoch,
    type: event?.type ?? null,
    eventId: event?.id ?? null,
    subject: event?.subject ?? null,
    correlationId: event?.correlationId ?? null,
    reason,
    error: { name, code, message },
    attempts: letter.attempts.length,
    failedAt: new Date(letter.failedAtMs).toISOString(),
    origin,
    holdsSubject,
    heldFollowers,
    asked: asked === null ? null : { action: asked.action, by: asked.by, at: new Date(asked.atMs).toISOString() },
    answer: answer === null ? null : { outcome: answer.outcome, at: new Date(answer.atMs).toISOString() },
  };
}

/** The same with everything that a letter carries. */
export function wholeFailureJson(failure: Failure) {
  return {
    ...failureJson(failure),
    error: failure.letter.error,
    attempts: failure.letter.attempts,
    headers: failure.original.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]),
    key: failure.original.key === null ? null : Buffer.from(failure.original.key).toString(),
    ...valueForJson(failure.original.value),
  };
}
