import type { AuditEntry, EventOutcome, EventReceipt, LetterAnswer } from "throughline/system-topics";
import type { FailureState } from "../failures/indexed-failure.ts";

/** What became of a dead letter, as its row holds it. */
export interface FailureStanding {
  readonly state: FailureState;
  readonly answer: EventOutcome | "rebuilt" | null;
  readonly asked_action: string | null;
  readonly asked_by: string | null;
  readonly asked_ms: number | null;
}

export const isSameStanding = (a: FailureStanding, b: FailureStanding): boolean =>
  a.state === b.state &&
  a.answer === b.answer &&
  a.asked_action === b.asked_action &&
  a.asked_by === b.asked_by &&
  a.asked_ms === b.asked_ms;

/** A receipt of the letter's place or of its failure, in the order in which they were written. */
export interface ToldAnswer {
  readonly outcome: EventOutcome;
  readonly body: string;
  /** 1 where it names the failure. */
  readonly named: number | null;
}

const answersByFailure: ReadonlySet<string> = new Set(["applied", "duplicate", "stale", "discarded"]);
const answersByPlace: ReadonlySet<string> = new Set(["applied", "stale", "discarded"]);

/** What the audit holds of a letter: the last request for it, and the last entry that says what became of it for good. */
export interface AuditedLetter {
  readonly asked: AuditEntry | null;
  readonly answer: { readonly outcome: LetterAnswer; readonly atMs: number } | null;
}

/** Clocks of a service's instances may differ by this much: one says that it failed, another how it was answered. */
export const clockSlackMs = 10_000;

/**
 * What entries about one letter say of it, in the order of the log. Only those count that were written since it failed: a failure that dies
 * again keeps its id.
 */
export function auditedLetter(entries: readonly AuditEntry[], failedMs: number): AuditedLetter {
  const asked = entries.findLast(({ outcome, atMs }) => outcome === undefined && atMs >= failedMs) ?? null;
  const answers = entries.filter(({ answer, atMs }) => isAnswer(answer) && atMs >= failedMs - clockSlackMs);
  // That it was answered before says less than the answer itself.
  const said = answers.findLast(({ answer }) => answer !== "refused") ?? answers.at(-1);
  return { asked, answer: said?.answer === undefined ? null : { outcome: said.answer, atMs: said.atMs } };
}

const letterAnswers: ReadonlySet<unknown> = new Set<LetterAnswer>(["applied", "duplicate", "stale", "discarded", "refused"]);
/** Anybody may write to the topic. */
const isAnswer = (answer: unknown): boolean => letterAnswers.has(answer);

/**
 * A letter is answered once its failure was applied, stale, a duplicate, discarded or refused as handled, or its event was handled
 * after it; a rebuild in a later epoch answers what it reread. A handler's last word counts, whatever the clocks say. Where its receipts
 * have expired, the audit knows it.
 */
export function stateOf(told: readonly ToldAnswer[], audited: AuditedLetter, isRebuilt: boolean): FailureStanding {
  const { asked } = audited;
  let answer: FailureStanding["answer"] = null;
  for (const { outcome, body, named } of told) {
    if ((named === 1 ? answersByFailure : answersByPlace).has(outcome)) answer = outcome;
    else if (outcome === "refused" && answer === null && saysHandled(body)) answer = outcome;
    else if (outcome === "dead") answer = null;
  }
  answer ??= audited.answer?.outcome ?? null;
  if (answer === null && isRebuilt) answer = "rebuilt";
  return {
    state: answer !== null ? "answered" : asked !== null ? "asked" : "open",
    answer,
    asked_action: asked?.action ?? null,
    asked_by: asked?.by ?? null,
    asked_ms: asked?.atMs ?? null,
  };
}

/** A refusal answers a letter only when it says that the event was handled; others leave it open, to be asked better. */
const saysHandled = (body: string): boolean => (JSON.parse(body) as EventReceipt).error?.code === "REDRIVE_HANDLED_ALREADY";
