import type { EventReceipt, HandlerAnnouncement } from "throughline/system-topics";
import type { LoggedEvent } from "../reading/flow-events.ts";
import type { HandledEvent, HandlerReceipts } from "./handler-receipts.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

/**
 * What became of an event in one handler. Beside the receipts' own words: `pending`, the handler has not come to it;
 * `missing`, it passed it and nothing is known; `before-start`, it began after it; `unknown`, receipts are off or gone.
 */
export type Outcome =
  | "applied"
  | "duplicate"
  | "stale"
  | "waiting"
  | "dead"
  | "discarded"
  | "pending"
  | "missing"
  | "before-start"
  | "unknown";

export interface HandlerOutcome {
  readonly service: string;
  readonly handler: string;
  readonly outcome: Outcome;
  /** The version that handled it. */
  readonly version: string | null;
  readonly handledAtMs: number | null;
  readonly durationMicros: number | null;
  /** From the event's record to the beginning of the run that decided, retries before it included. */
  readonly waitedMs: number | null;
  /** Attempts beside the last one. What spent no attempt is not among them. */
  readonly retries: number;
  /** How often it was tried and put off without spending an attempt: asked for by the handler, or while what it works with was away. */
  readonly putOff: number;
  /** How often it came again and nothing was done. */
  readonly duplicates: number;
  readonly reason: string | null;
  readonly dueAtMs: number | null;
  readonly failureId: string | null;
  readonly error: { readonly name: string; readonly code: string | null; readonly message: string } | null;
  /** What a person should know of a hop that is not done. */
  readonly note: string | null;
}

/** A dead letter, as far as a flow needs it. */
export interface KnownFailure {
  readonly service: string;
  readonly handler: string;
  readonly version: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly failureId: string;
  readonly failedAtMs: number;
  readonly attempts: number;
  readonly reason: string;
  readonly error: { readonly name: string; readonly code: string | null; readonly message: string };
  readonly state: "open" | "asked" | "answered";
}

/** What the outcome of a hop is judged by. */
export interface Evidence {
  readonly services: ServicesSeen;
  readonly receipts: HandlerReceipts;
  readonly failures: readonly KnownFailure[];
  /** The committed offset of a group; null when it committed none there. */
  committed(service: string, topic: string, partition: number): number | null;
  /** An offset that it had committed when the last receipts that are known were written: they tell of all before it. */
  settled(service: string, topic: string, partition: number): number | null;
  /** Why receipts that were written may not be known here, in a few words; null when all are. Then nothing is called missing. */
  readonly blind: string | null;
  /** Receipts from before this time are gone; null when there are none at all. */
  readonly receiptHorizonMs: number | null;
  readonly nowMs: number;
}

/** A receipt may reach the log this much later than the offset that its handler committed. */
const receiptDelayMs = 30_000;

export function outcomeOf(service: string, handler: string, logged: LoggedEvent, evidence: Evidence): HandlerOutcome {
  const handled = evidence.receipts.of(service, handler, logged);
  const base = {
    service,
    handler,
    ...notHandled,
    duplicates: handled.told.filter((receipt) => receipt.outcome === "duplicate").length,
  };
  const last = handled.told.findLast((receipt) => receipt.outcome !== "duplicate" && receipt.outcome !== "refused");
  if (last !== undefined) return toldOutcome(base, last, handled, logged, failureOf(service, handler, logged, evidence));
  if (handled.inRange !== null) {
    const { durationMicros, handledAtMs, version } = handled.inRange;
    return {
      ...base,
      outcome: "applied",
      version,
      handledAtMs,
      durationMicros,
      waitedMs: waited(handledAtMs, durationMicros, logged),
    };
  }
  const failure = failureOf(service, handler, logged, evidence);
  if (failure !== null) return { ...base, ...failureParts(failure), outcome: failure.state === "answered" ? "unknown" : "dead" };
  if (base.duplicates > 0) return { ...base, outcome: "duplicate" };
  return { ...base, ...unheard(service, handler, logged, evidence) };
}

const waited = (endedAtMs: number, durationMicros: number, logged: LoggedEvent): number =>
  Math.max(0, Math.round(endedAtMs - durationMicros / 1000 - logged.event.timestampMs));

const notHandled = {
  version: null,
  handledAtMs: null,
  durationMicros: null,
  waitedMs: null,
  retries: 0,
  putOff: 0,
  reason: null,
  dueAtMs: null,
  failureId: null,
  error: null,
  note: null,
} as const;

const failureOf = (service: string, handler: string, logged: LoggedEvent, { failures }: Evidence): KnownFailure | null =>
  failures.findLast(
    (failure) =>
      failure.service === service &&
      failure.handler === handler &&
      logged.places.some(
        (place) =>
          place.topic === failure.origin.topic &&
          place.partition === failure.origin.partition &&
          place.offset === failure.origin.offset,
      ),
  ) ?? null;

const failureParts = ({ version, failedAtMs, attempts, reason, failureId, error }: KnownFailure) => ({
  version,
  handledAtMs: failedAtMs,
  retries: Math.max(0, attempts - 1),
  reason,
  failureId,
  error,
});

function toldOutcome(
  base: HandlerOutcomeBase,
  last: EventReceipt,
  handled: HandledEvent,
  logged: LoggedEvent,
  failure: KnownFailure | null,
): HandlerOutcome {
  const isWaiting = last.outcome === "parked" || last.outcome === "retried";
  const dead = last.outcome === "dead" ? failure : null;
  const retried = handled.told.filter((receipt) => receipt.outcome === "retried");
  const putOff = retried.filter((receipt) => spentNone(receipt, handled.told)).length;
  return {
    ...base,
    outcome: isWaiting ? "waiting" : (last.outcome as Outcome),
    version: last.version,
    handledAtMs: last.atMs,
    durationMicros: last.durationMicros ?? null,
    waitedMs: isWaiting ? null : waited(last.atMs, last.durationMicros ?? 0, logged),
    retries: Math.max(retried.length - putOff, (last.attempt ?? 1) - 1),
    putOff,
    reason: last.reason ?? dead?.reason ?? null,
    dueAtMs: last.dueAtMs ?? null,
    // What was parked and then handled has an id of its own, too, but no letter: nobody could be shown a failure by it.
    failureId: (last.outcome === "dead" ? last.failureId : undefined) ?? failure?.failureId ?? null,
    error:
      last.error ??
      (last.outcome === "dead"
        ? dead === null
          ? null
          : failureParts(dead).error
        : isWaiting
          ? (handled.told.findLast((receipt) => receipt.error !== undefined)?.error ?? null)
          : null),
  };
}

/** Whether a run was put off: the next one had its number again. Of the last one, nobody knows that yet. */
function spentNone(retried: EventReceipt, told: readonly EventReceipt[]): boolean {
  const next = told.slice(told.indexOf(retried) + 1).find(({ attempt }) => attempt !== undefined);
  return retried.attempt !== undefined && next?.attempt !== undefined && next.attempt <= retried.attempt;
}

type HandlerOutcomeBase = Omit<HandlerOutcome, "outcome">;

/** No receipt and no dead letter names the event: where does the handler stand? */
function unheard(
  service: string,
  handler: string,
  logged: LoggedEvent,
  evidence: Evidence,
): { outcome: Outcome; note: string | null } {
  const { event } = logged;
  const announced = evidence.services.handler(service, handler);
  const passed = evidence.receipts.passed(service, handler, logged);
  if (evidence.receiptHorizonMs !== null && event.timestampMs < evidence.receiptHorizonMs)
    return { outcome: "unknown", note: "receipts of that time are gone" };
  if (evidence.blind !== null) return { outcome: "unknown", note: evidence.blind };
  if (passed === "covered") return passedWithoutOutcome(service, handler, logged, evidence);
  if (passed === "after") return { outcome: "before-start", note: "the handler began after this event" };
  const committed = evidence.committed(service, event.topic, event.partition);
  const startsLater = announced !== null && announced.from !== "earliest" && passed === null;
  const onSharedReader = announced === null || announced.state === "live";
  if (onSharedReader && committed !== null && committed > event.offset) {
    if (evidence.nowMs - event.timestampMs < receiptDelayMs)
      return { outcome: "pending", note: "passed just now; its receipt is on the way" };
    if (startsLater) return { outcome: "unknown", note: `the handler begins at "${announced.from}", perhaps after this event` };
    const settled = evidence.settled(service, event.topic, event.partition);
    if (settled === null || settled <= event.offset)
      return { outcome: "pending", note: "passed just now; its receipt is on the way" };
    return evidence.receipts.reports(service, handler)
      ? { outcome: "missing", note: "the service committed past it, and no outcome is known" }
      : { outcome: "unknown", note: "the handler writes no receipts" };
  }
  return { outcome: "pending", note: whyPending(service, announced, evidence.services) };
}

/** Its cursor passed the event, and no receipt names it. Single receipts come a moment after the range, those of a call when it ended. */
function passedWithoutOutcome(
  service: string,
  handler: string,
  logged: LoggedEvent,
  evidence: Evidence,
): { outcome: Outcome; note: string | null } {
  const coveredAtMs = evidence.receipts.coveredAtMs(service, handler, logged);
  if (coveredAtMs !== null && evidence.nowMs - coveredAtMs < receiptDelayMs)
    return { outcome: "pending", note: "passed just now; its receipt is on the way" };
  const announced = evidence.services.handler(service, handler);
  const heardAtMs = evidence.services.newest(service)?.atMs ?? 0;
  const mayStillCall = announced?.kind === "call" && (announced.parked > 0 || heardAtMs < (coveredAtMs ?? 0));
  return mayStillCall
    ? { outcome: "pending", note: "its call has not ended" }
    : { outcome: "missing", note: "the handler passed it, and no outcome is known" };
}

function whyPending(service: string, announced: HandlerAnnouncement | null, services: ServicesSeen): string | null {
  const absence = services.absence(service);
  if (absence !== null)
    return absence.state === "never seen"
      ? "the service was never seen"
      : absence.state === "stopped"
        ? "the service is stopped"
        : "the service has gone silent";
  if (announced === null || announced.state === "live") return null;
  return announced.problem ?? `the handler is ${announced.state}`;
}
