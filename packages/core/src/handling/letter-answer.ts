import { auditRow } from "../operations/audit-row.ts";
import type { NewOutboxRow, ParkedRow } from "../seams/store.ts";
import type { LetterAnswer, RedriveRequest } from "../system-topics/index.ts";
import type { ServiceScope } from "./scope.ts";

/** Who asked for it; without, the letter was answered later, or by itself. */
type Asked = Pick<RedriveRequest, "action" | "editedValue" | "by" | "reason" | "requestId">;

const sentences: Readonly<Record<Exclude<LetterAnswer, "refused">, string>> = {
  applied: "the event was applied",
  duplicate: "the event was a duplicate of one that had been handled",
  stale: "the event was stale: later ones of its subject had been applied",
  discarded: "it was put aside; nothing waits for it any more",
};

/**
 * What became of a dead letter for good, for the audit: it leaves if and only if the transaction commits. Receipts are gone after a week, and
 * letters after a month; an index that is built anew in between would bring it back to life (R9).
 */
export function letterAnswer(
  scope: Pick<ServiceScope<unknown>, "identity" | "surroundings">,
  { handler, failureId }: { readonly handler: string; readonly failureId: string },
  answer: Exclude<LetterAnswer, "refused">,
  asked: Asked | null = null,
): NewOutboxRow {
  const { service } = scope.identity;
  const action = asked === null ? (answer === "discarded" ? "discard" : "redrive") : actionOf(asked);
  const { by = service, reason = null, requestId: id = failureId } = asked ?? {};
  const about = { action, service, handler, by, reason, id, failureId };
  return auditRow(scope, { ...about, outcome: "done", detail: sentences[answer], answer });
}

/** That a request was refused, and why. One for what had been handled answers its letter; others leave it as it is. */
export function refusedRequest(
  scope: Pick<ServiceScope<unknown>, "identity" | "surroundings">,
  handler: string,
  request: Asked & { readonly failureId: string },
  { why, isHandled }: { readonly why: string; readonly isHandled: boolean },
): NewOutboxRow {
  const { by, reason, requestId: id, failureId } = request;
  const about = { action: actionOf(request), service: scope.identity.service, handler, by, reason, id, failureId };
  return auditRow(scope, { ...about, outcome: "refused", detail: why, ...(isHandled ? { answer: "refused" } : {}) });
}

/** Whether a parked event is, or was, a dead letter: one that was redriven keeps that reason until it is answered. */
export const wasLetter = ({ state, reason }: ParkedRow): boolean => state === "dead" || reason === "redriven";

const actionOf = ({ action, editedValue }: Asked): "redrive" | "discard" | "edit" => (editedValue === null ? action : "edit");
