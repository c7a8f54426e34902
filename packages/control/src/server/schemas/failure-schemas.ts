import Type, { type Static } from "typebox";
import { errorSummary, placeFields, seenEventFields } from "./event-schemas.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf, PageOf } from "./nullable.ts";
import { BytesSchema, HeadersSchema, JudgedBy, PayloadSchema } from "./payload-schemas.ts";

const Version = Type.Object({
  version: Type.String(),
  count: Type.Integer(),
  firstMs: Type.Number(),
  lastMs: Type.Number(),
});

const RunsNow = Type.Object(
  {
    state: OneOf("fails", "not-yet", "unknown"),
    versions: List(
      Type.Object({ version: Type.String(), deployedAtMs: NullableNumber, failures: Type.Integer(), lastMs: NullableNumber }),
    ),
    why: Nullable(Type.String({ description: "Why it is unknown." })),
  },
  { description: "Whether the versions that run now have failed so." },
);

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
    since: Nullable(
      Type.Object(
        {
          version: Type.String(),
          deployedAtMs: Type.Number(),
          before: Type.String(),
          firstSeen: Nullable(Type.String({ description: "The version it was first seen with, where it was over and is back." })),
        },
        { description: "The deploy that what is open of it began with." },
      ),
    ),
    ofTenant: Nullable(Type.Integer({ description: "Those of the tenant that was asked for that nobody has answered." })),
    runsNow: RunsNow,
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

const ErrorDetail = Type.Object({ name: Type.String(), code: NullableText, message: Type.String(), stack: NullableText });

/** All that is known of one failure. */
export const WholeFailureView = Type.Object(
  {
    failure: FailureView,
    owner: NullableText,
    error: ErrorDetail,
    attempts: List(
      Type.Object({
        startedAtMs: Type.Number(),
        endedAtMs: NullableNumber,
        instance: Type.String(),
        version: Type.String(),
        error: Nullable(ErrorDetail),
      }),
    ),
    key: BytesSchema,
    headers: HeadersSchema,
    traceparent: NullableText,
    payload: PayloadSchema,
    contract: JudgedBy,
    flow: Type.Union([Type.String(), Type.Null()], { description: "The id that /flows knows its flow by." }),
    waiting: Type.Object({ count: Type.Integer(), events: List(Type.Object(seenEventFields)) }),
    runsNow: Nullable(RunsNow),
    isOriginThere: Type.Boolean(),
    gone: List(Type.String({ description: "What the log has no more of it, in a sentence." })),
  },
  { $id: "WholeFailure" },
);
export type WholeFailureView = Static<typeof WholeFailureView>;

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
