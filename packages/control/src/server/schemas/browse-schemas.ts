import Type, { type Static } from "typebox";
import { placeFields, seenEventFields } from "./event-schemas.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";
import { BytesSchema, HeadersSchema, JudgedBy, PayloadSchema } from "./payload-schemas.ts";

/** A record of a topic with events; `event` is null where it is none that can be read. */
export const LoggedRecordView = Type.Object(
  {
    key: Type.String({ description: "topic/partition/offset" }),
    ...placeFields,
    timestampMs: Type.Number(),
    bytes: Type.Integer({ description: "Of its value." }),
    event: Nullable(Type.Object(seenEventFields)),
  },
  { $id: "LoggedRecord" },
);
export type LoggedRecordView = Static<typeof LoggedRecordView>;

export const EventPageView = Type.Object(
  {
    items: List(LoggedRecordView),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "Goes on where this page stopped looking; null: all was looked at.",
    }),
    looked: Type.Object({ records: Type.Integer(), reachedMs: NullableNumber }),
  },
  { $id: "EventPage" },
);

export const WholeEventView = Type.Object(
  {
    record: LoggedRecordView,
    key: BytesSchema,
    headers: HeadersSchema,
    traceparent: NullableText,
    payload: PayloadSchema,
    contract: JudgedBy,
    flow: NullableText,
    problem: Type.Union([Type.String(), Type.Null()], { description: "Why it is no event." }),
  },
  { $id: "WholeEvent" },
);

export const EventFilterQuery = {
  topic: Type.Optional(
    Type.Array(Type.String(), { maxItems: 100, description: "May be repeated. Default: every topic with events." }),
  ),
  type: Type.Optional(Type.String({ minLength: 1, description: 'A type, or the beginning of types and "*".' })),
  subject: Type.Optional(Type.String()),
  tenantId: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  correlationId: Type.Optional(Type.String()),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: "A part of the data, as it is shown." })),
};

export const EventsQuery = Type.Object(
  {
    ...EventFilterQuery,
    order: { ...OneOf("newest", "oldest"), default: "newest" },
    sinceMs: Type.Optional(Type.Number()),
    untilMs: Type.Optional(Type.Number()),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.String({ maxLength: 200_000 })),
    unmasked: Type.Boolean({ default: false, description: "Look for the text in personal fields, too: by right." }),
  },
  { additionalProperties: false },
);
export type EventsQuery = Static<typeof EventsQuery>;
