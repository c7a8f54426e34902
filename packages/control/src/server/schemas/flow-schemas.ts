import Type, { type Static } from "typebox";
import { errorSummary, seenEventFields } from "./event-schemas.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";

const outcomes = [
  "applied",
  "duplicate",
  "stale",
  "waiting",
  "dead",
  "discarded",
  "pending",
  "missing",
  "before-start",
  "unknown",
] as const;

export const FlowHandlerView = Type.Object({
  service: Type.String(),
  handler: Type.String(),
  outcome: OneOf(...outcomes),
  version: NullableText,
  handledAtMs: NullableNumber,
  durationMicros: NullableNumber,
  waitedMs: NullableNumber,
  retries: Type.Integer(),
  putOff: Type.Integer({ description: "How often it was tried and put off without spending an attempt." }),
  duplicates: Type.Integer(),
  reason: NullableText,
  dueAtMs: NullableNumber,
  failureId: NullableText,
  error: Nullable(errorSummary),
  note: NullableText,
  published: List(Type.String({ description: "Keys of events that it published." })),
});

export const FlowEventView = Type.Object({
  key: Type.String({ description: "topic/partition/offset" }),
  ...seenEventFields,
  records: Type.Integer({ description: "More than one after its publisher crashed." }),
  causedBy: NullableText,
  handlers: List(FlowHandlerView),
  closedHandlers: Type.Integer({ description: "Handlers of services that whoever asks may not see." }),
  isBehindClosed: Type.Boolean({ description: "Between it and what caused it stands something that whoever asks may not see." }),
});

/** A flow as a list of its events, each before those it caused. */
export const FlowView = Type.Object(
  {
    correlationId: Type.String(),
    complete: Type.Boolean(),
    sentence: Type.String(),
    blind: NullableText,
    events: List(FlowEventView),
    closed: Type.Object(
      { events: Type.Integer(), handlers: Type.Integer() },
      { description: "What of it is of services that whoever asks may not see, by number alone." },
    ),
  },
  { $id: "Flow" },
);
export type FlowView = Static<typeof FlowView>;

export const FlowListView = Type.Object({ flows: List(FlowView), blind: NullableText }, { $id: "FlowList" });

export const AbsenceView = Type.Object(
  {
    verdict: Type.String(),
    sentence: Type.String(),
    hop: Nullable(Type.Object({ key: Type.String(), service: Type.String(), handler: Type.String() })),
  },
  { $id: "Absence" },
);
