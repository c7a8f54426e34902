import type { ParkedDelivery } from "../handling/delivery.ts";
import type { NewOutboxRow } from "../seams/store.ts";
import { auditTopic, deadLetterTopic, readReceipt, receiptsTopic, type EventReceipt } from "../system-topics/index.ts";
import type { RehearsalLetter, RehearsedLetter, RehearsedOutcome } from "./rehearsal.ts";

type Result = Omit<RehearsedLetter, "failureId" | "handler">;

/** Why a letter is not rehearsed where its subject has too many. */
export const tooMany =
  "its subject has more letters than one transaction has time for; redrive those before it, and rehearse it then";

const nothing = { why: null, error: null, reason: null, publishes: {} };

/** What came of the letters of one transaction: read from the receipts that their redrive would have sent. */
export class LetterResults {
  readonly #letters: readonly RehearsalLetter[];
  readonly #results = new Map<string, Result>();

  constructor(letters: readonly RehearsalLetter[]) {
    this.#letters = letters;
  }

  set(failureId: string, outcome: RehearsedOutcome, why: string | null): void {
    this.#results.set(failureId, { ...nothing, outcome, why });
  }

  /** @param written What was to be published while the event was run: its own events, and the receipt. */
  take({ parked: { id } }: ParkedDelivery, written: readonly NewOutboxRow[]): void {
    if (this.#results.has(id)) return;
    const receipt = written
      .filter(({ topic }) => topic === receiptsTopic)
      .map(({ value }) => readReceipt(value))
      .find((each): each is EventReceipt => each?.kind === "event" && each.failureId === id);
    const outcome = receipt === undefined ? undefined : outcomes[receipt.outcome];
    if (receipt === undefined || outcome === undefined) return;
    const { error = null } = receipt;
    this.#results.set(id, {
      outcome,
      why: error?.message ?? null,
      error,
      reason: receipt.outcome === "dead" ? (receipt.reason ?? null) : null,
      publishes: countOf(written, receipt.service),
    });
  }

  isWaiting(id: string): boolean {
    return this.#results.get(id)?.outcome === "waits";
  }

  /** Those whose turn did not come. */
  behind(left: ReadonlySet<string>): void {
    for (const id of left)
      if (!this.#results.has(id))
        this.set(id, "waits", "an earlier event of its subject does not pass, and it stands behind that");
  }

  outOfTime<T>(left: ReadonlySet<string>, then: T): T {
    for (const id of left) if (!this.#results.has(id)) this.set(id, "unknown", tooMany);
    return then;
  }

  /** In the order of the letters; without those that nothing came of. */
  all(): RehearsedLetter[] {
    return this.#letters.flatMap(({ failureId, handler }) => {
      const result = this.#results.get(failureId);
      return result === undefined ? [] : [{ failureId, handler, ...result }];
    });
  }
}

const outcomes: Readonly<Partial<Record<EventReceipt["outcome"], RehearsedOutcome>>> = {
  applied: "applied",
  duplicate: "duplicate",
  stale: "stale",
  retried: "failed",
  dead: "failed",
};

/** Events by type: what else is written tells of the service. */
function countOf(written: readonly NewOutboxRow[], service: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { topic, headers } of written) {
    if (topic === receiptsTopic || topic === auditTopic || topic === deadLetterTopic(service)) continue;
    const type = Buffer.from(headers.find(([name]) => name === "ce_type")?.[1] ?? "").toString();
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}
