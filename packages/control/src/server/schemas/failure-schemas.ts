import Type, { type Static } from "typebox";
import { errorSummary, placeFields } from "./event-schemas.ts";
import { List, Nullable, NullableText, OneOf, PageOf } from "./nullable.ts";

const Version = Type.Object({
  version: Type.String(),
  count: Type.Integer(),
  firstMs: Type.Number(),
  lastMs: Type.Number(),
});

export const FailureGroupView = Type.Object(
  {
    fingerprint: Type.String(),
    service: Type.String(),
    handler: Type.String(),
    reason: Type.String(),
    error: Type.String(),
    code: NullableText,
    pattern: Type.String({ description: "The message without ids, numbers and quoted values." }),
    frames: List(Type.String()),
    count: Type.Integer(),
    open: Type.Integer(),
    asked: Type.Integer(),
    firstMs: Type.Number(),
    lastMs: Type.Number(),
    example: Type.String({ description: "The id of its newest failure." }),
    versions: List(Version),
    trend: List(Type.Object({ hourMs: Type.Number(), count: Type.Integer() })),
    owner: NullableText,
    since: Nullable(Type.Object({ version: Type.String(), deployedAtMs: Type.Number(), before: Type.String() })),
  },
  { $id: "FailureGroup" },
);
export type FailureGroupView = Static<typeof FailureGroupView>;

export const FailureView = Type.Object(
  {
    failureId: Type.String(),
    service: Type.String(),
    handler: Type.String(),
    version: Type.String(),
    epoch: Type.Integer(),
    reason: Type.String(),
    origin: Type.Object(placeFields),
    letter: Type.Object(placeFields),
    eventId: NullableText,
    type: NullableText,
    subject: NullableText,
    correlationId: NullableText,
    tenantId: NullableText,
    error: errorSummary,
    attempts: Type.Integer(),
    failedAtMs: Type.Number(),
    holdsSubject: Type.Boolean(),
    group: Type.String({ description: "The fingerprint of its group." }),
    state: OneOf("open", "asked", "answered"),
    asked: Nullable(Type.Object({ action: Type.String(), by: Type.String(), atMs: Type.Number() })),
    answer: NullableText,
    isSuperseded: Type.Boolean(),
  },
  { $id: "Failure" },
);
export type FailureView = Static<typeof FailureView>;

export const FailurePageView = PageOf(FailureView, "FailurePage");

export const FailureFilterQuery = {
  service: Type.Optional(Type.String()),
  handler: Type.Optional(Type.String()),
  group: Type.Optional(Type.String({ description: "The fingerprint of a group." })),
  type: Type.Optional(Type.String()),
  subject: Type.Optional(Type.String()),
  eventId: Type.Optional(Type.String()),
  correlationId: Type.Optional(Type.String()),
  tenantId: Type.Optional(Type.String()),
  state: Type.Optional(OneOf("open", "asked", "answered")),
  sinceMs: Type.Optional(Type.Number()),
  untilMs: Type.Optional(Type.Number()),
  text: Type.Optional(Type.String({ description: "A part of the error's message." })),
};
