import type { PositionRow } from "../seams/store.ts";

/** The policy of a handler (R5). */
export type OrderPolicy = "sequential" | "latest" | "any";

/** What the decision needs to know of an event. */
export interface SequencedEvent {
  /** Null when the event carries no numbering of ours. */
  readonly sequence: number | null;
  readonly sequenceEpoch: number;
  /** The timestamp of its record. */
  readonly recordTimeMs: number;
  /** The event's own time, for what was published before the handler handled its type. */
  readonly eventTimeMs: number;
  /** Whether the handler handles its type. */
  readonly handled: boolean;
}

export interface OrderContext {
  readonly policy: OrderPolicy;
  /** The subject's position as it stands, or undefined when the handler never met the subject. */
  readonly position: PositionRow | undefined;
  /** The inbox knows the event's id. */
  readonly known: boolean;
  /** The same event, or another of the same number, is parked. */
  readonly parkedTwin: "same-event" | "same-number" | null;
  /** Nothing lies before the handler's start on this partition. */
  readonly seesWhole: boolean;
  /** A parked event of an older numbering holds the subject: what belongs to a newer one stands behind it. */
  readonly holdsOlder: boolean;
  /** The handler handles this type since then (wall clock). */
  readonly typeSinceMs: number;
  /** Ids of events before this are forgotten. */
  readonly rememberedSinceMs: number;
  readonly gapDeadlineMs: number;
  readonly windowMs: number;
}

export type OrderDecision =
  | { readonly do: "run" }
  /** Only the position moves: a type that the handler does not handle, or an event that it knows under another number. */
  | { readonly do: "pass" }
  /** Nothing happens, and nothing is said: an unhandled type that needs no note. */
  | { readonly do: "ignore" }
  | { readonly do: "duplicate" }
  /** `unless lost` leaves one question to the caller: a number below the position may have been declared lost. */
  | { readonly do: "stale" }
  | { readonly do: "conflict-unless-lost" }
  | { readonly do: "park"; readonly reason: "behind" | "gap" | "window"; readonly logDueMs: number | null };

/** A position whose numbering is not known yet: it waits for its reorder window. */
export const isOpen = (position: PositionRow): boolean => position.baseline === 0;

/** The state of a subject that a handler meets for the first time. */
export function firstPosition(subject: string, event: SequencedEvent, seesWhole: boolean): PositionRow {
  const whole = seesWhole || event.sequence === 1;
  return { subject, sequence: 0, sequenceEpoch: event.sequenceEpoch, baseline: whole ? 1 : 0, parked: 0 };
}

/**
 * What a handler does with an event, from the event and what the store knows; pure. The caller carries it out in the
 * transaction in which it read the context, with the subject's lock.
 */
export function decideOrder(event: SequencedEvent, context: OrderContext): OrderDecision {
  if (event.sequence === null || context.policy === "any") {
    if (!event.handled) return { do: "ignore" };
    return { do: context.known ? "duplicate" : "run" };
  }
  return context.policy === "latest" ? decideLatest(event, context) : decideSequential(event, event.sequence, context);
}

/** Only handled types count: an event of another type does not carry the state that would make older ones stale. */
function decideLatest(event: SequencedEvent, { position, known, parkedTwin }: OrderContext): OrderDecision {
  if (!event.handled) return { do: "ignore" };
  if (known || parkedTwin === "same-event") return { do: "duplicate" };
  if (position === undefined) return { do: "run" };
  if (event.sequenceEpoch < position.sequenceEpoch) return { do: "stale" };
  const isNewer = event.sequenceEpoch > position.sequenceEpoch || (event.sequence ?? 0) > position.sequence;
  if (!isNewer) return { do: "stale" };
  return position.parked > 0 ? { do: "park", reason: "behind", logDueMs: null } : { do: "run" };
}

function decideSequential(event: SequencedEvent, sequence: number, context: OrderContext): OrderDecision {
  if (context.parkedTwin === "same-event") return { do: "duplicate" };
  if (context.holdsOlder) return { do: "park", reason: "behind", logDueMs: null };
  const position = currentPosition(event, context);
  if (event.sequenceEpoch < position.sequenceEpoch)
    return context.known ? { do: "duplicate" } : decidePast(event, { isBeforeStart: false }, context);
  if (context.parkedTwin === "same-number" && !context.known) return { do: "conflict-unless-lost" };
  // An event that is known came again under another number: nothing is to be done, and the number has its place all the same.
  const proceed: OrderDecision = { do: event.handled && !context.known ? "run" : "pass" };

  if (isOpen(position)) {
    // Where it was reopened (`PositionTable.reopen`), what was handled before is known.
    const isReopened = position.sequence > 0;
    if (isReopened && sequence <= position.sequence) return { do: context.known ? "duplicate" : "stale" };
    if (sequence === 1 || (isReopened && position.sequence === sequence - 1)) return proceed;
    return { do: "park", reason: "window", logDueMs: event.recordTimeMs + context.windowMs };
  }
  if (sequence === position.sequence + 1) return proceed;
  if (sequence > position.sequence) {
    return position.parked > 0
      ? { do: "park", reason: "behind", logDueMs: null }
      : { do: "park", reason: "gap", logDueMs: event.recordTimeMs + context.gapDeadlineMs };
  }
  return context.known ? { do: "duplicate" } : decidePast(event, { isBeforeStart: sequence < position.baseline }, context);
}

/**
 * A number that the position has passed already, with an id that the inbox does not know. An event of an older numbering that
 * comes this late is one that the publisher's store forgot: somebody must see it.
 */
function decidePast(event: SequencedEvent, { isBeforeStart }: { isBeforeStart: boolean }, context: OrderContext): OrderDecision {
  if (!event.handled) return { do: "ignore" };
  const { eventTimeMs } = event;
  const idMayBeUnknown = isBeforeStart || eventTimeMs < context.typeSinceMs || eventTimeMs < context.rememberedSinceMs;
  return { do: idMayBeUnknown ? "stale" : "conflict-unless-lost" };
}

/**
 * A new numbering starts the subject anew, at its number 1: who knows the subject from an older one has read the log since, so
 * nothing of the new one lies before its start, unless its position was opened because records were lost. It waits until nothing
 * of the older one is held any more.
 */
export function currentPosition(
  event: SequencedEvent,
  { position, seesWhole, holdsOlder }: Pick<OrderContext, "position" | "seesWhole" | "holdsOlder">,
): PositionRow {
  if (position !== undefined && (event.sequenceEpoch <= position.sequenceEpoch || holdsOlder)) return position;
  const first = firstPosition("", event, position === undefined ? seesWhole : !isOpen(position));
  return position === undefined ? first : { ...first, parked: position.parked };
}

/** The position after an event was run or passed. */
export function positionAfter(position: PositionRow, event: SequencedEvent): PositionRow {
  const isOlder =
    event.sequenceEpoch < position.sequenceEpoch ||
    (event.sequenceEpoch === position.sequenceEpoch && (event.sequence ?? 0) < position.sequence);
  const sequence = isOlder ? position.sequence : (event.sequence ?? position.sequence);
  const sequenceEpoch = isOlder ? position.sequenceEpoch : event.sequenceEpoch;
  const { subject, parked } = position;
  return { subject, sequence, sequenceEpoch, baseline: isOpen(position) ? sequence : position.baseline, parked };
}
