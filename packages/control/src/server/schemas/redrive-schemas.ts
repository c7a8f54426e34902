import Type, { type Static } from "typebox";
import { placeFields } from "./event-schemas.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf, PageOf } from "./nullable.ts";

const closed = { additionalProperties: false };
const ShortText = Type.String({ minLength: 1, maxLength: 1_000 });
const mostNamed = 10_000;

export const SelectionBody = Type.Union(
  [
    Type.Object({ failureIds: Type.Array(ShortText, { minItems: 1, maxItems: mostNamed }) }, closed),
    Type.Object(
      {
        query: Type.Object(
          {
            service: Type.Optional(ShortText),
            handler: Type.Optional(ShortText),
            group: Type.Optional(ShortText),
            type: Type.Optional(ShortText),
            reason: Type.Optional(ShortText),
            subject: Type.Optional(ShortText),
            eventId: Type.Optional(ShortText),
            correlationId: Type.Optional(ShortText),
            tenantId: Type.Optional(ShortText),
            sinceMs: Type.Optional(Type.Number()),
            untilMs: Type.Optional(Type.Number()),
            text: Type.Optional(ShortText),
          },
          { ...closed, description: "Every open failure that fits; {} is all of them." },
        ),
      },
      closed,
    ),
  ],
  { description: "Which failures: some by their ids, or every open one that a query finds." },
);

const Base64 = Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" });

export const PlanBody = Type.Object(
  {
    action: OneOf("redrive", "discard"),
    selection: SelectionBody,
    askAgain: Type.Boolean({ default: false, description: "Also those that were asked for already, and have no answer." }),
    payloadBase64: Type.Optional(
      Type.Unsafe<string>({ ...Base64, description: "An edit: replaces the payload of the one failure that is named." }),
    ),
  },
  closed,
);

const consumerFields = {
  service: Type.String(),
  handler: Type.String(),
  count: Type.Integer(),
  heldSubjects: Type.Integer({ description: "Subjects that one of its letters holds up." }),
  waiting: Type.Integer({ description: "Later events that wait behind them." }),
  failedIn: List(Type.Object({ version: Type.String(), count: Type.Integer() })),
  running: List(Type.String({ description: "A version that runs now." })),
  absence: Type.Union([Type.Null(), OneOf("never seen", "stopped", "silent")]),
};

const whyLeftOut = ["unknown", "answered", "superseded", "asked", "uncertain", "in-another-job"] as const;

export const PlanView = Type.Object(
  {
    id: Type.String(),
    action: OneOf("redrive", "discard"),
    createdAtMs: Type.Number(),
    expiresAtMs: Type.Number(),
    by: Type.String(),
    selection: Type.Unknown(),
    total: Type.Integer(),
    consumers: List(Type.Object(consumerFields)),
    leftOut: Type.Unsafe<Readonly<Partial<Record<(typeof whyLeftOut)[number], number>>>>(
      Type.Record(Type.String(), Type.Integer(), { description: "How many, by why." }),
    ),
    warnings: List(
      Type.Object({
        warning: OneOf("not-running", "same-version", "paused", "no-such-handler", "uncertain", "index-behind"),
        sentence: Type.String(),
      }),
    ),
    isEdit: Type.Boolean(),
    isConfirmed: Type.Boolean({ description: "It is a job of the same id by now." }),
  },
  { $id: "RedrivePlan" },
);

export const LeftOutPageView = PageOf(
  Type.Object({ failureId: Type.String(), service: NullableText, handler: NullableText, why: OneOf(...whyLeftOut) }),
  "LeftOutPage",
);

export const ConfirmBody = Type.Object(
  {
    reason: Type.Optional(Nullable(Type.String({ maxLength: 2_000, description: "For the audit; a discard must have one." }))),
    ratePerSecond: Type.Optional(Nullable(Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }))),
    isCanary: Type.Boolean({ default: false, description: "In stages of 1, 5 and 50, then the rest." }),
    stages: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 20 })),
    stopAfterFailures: Type.Optional(Nullable(Type.Integer({ minimum: 1 }))),
    force: Type.Boolean({ default: false, description: "Also what is older than the ids that the service remembers." }),
  },
  closed,
);

export const OrderBody = Type.Object({ reason: Type.Optional(Nullable(Type.String({ maxLength: 2_000 }))) }, closed);

const itemStates = [
  "waiting",
  "asked",
  "accepted",
  "failing",
  "applied",
  "duplicate",
  "stale",
  "discarded",
  "dead",
  "refused",
  "not-sent",
  "answered-before",
  "in-another-job",
  "cancelled",
] as const;
export const ItemState = OneOf(...itemStates);

export const JobView = Type.Object(
  {
    id: Type.String(),
    action: OneOf("redrive", "discard"),
    state: OneOf("running", "paused", "stopped", "cancelled", "done"),
    problem: NullableText,
    by: Type.String(),
    reason: NullableText,
    createdAtMs: Type.Number(),
    startedAtMs: Type.Number(),
    lastAskedAtMs: NullableNumber,
    endedAtMs: NullableNumber,
    selection: Type.Unknown(),
    consumers: List(Type.Object(consumerFields)),
    total: Type.Integer(),
    next: Type.Integer({ description: "How many were asked for, or passed over." }),
    ratePerSecond: NullableNumber,
    stages: List(Type.Integer()),
    stage: Type.Integer({ description: "0 is the first; as many as there are stages is the rest." }),
    stopAfterFailures: NullableNumber,
    forgiven: Type.Integer({ description: "Failures with which it was let go on." }),
    force: Type.Boolean(),
    isEdit: Type.Boolean(),
    counts: Type.Unsafe<Readonly<Partial<Record<(typeof itemStates)[number], number>>>>(
      Type.Record(Type.String(), Type.Integer(), { description: "Events by their state." }),
    ),
  },
  { $id: "RedriveJob" },
);
export type JobView = Static<typeof JobView>;

export const JobPageView = PageOf(JobView, "RedriveJobPage");

export const ItemPageView = PageOf(
  Type.Object({
    no: Type.Integer(),
    failureId: Type.String(),
    service: Type.String(),
    handler: Type.String(),
    origin: Type.Object(placeFields),
    letter: Type.Object(placeFields),
    eventId: NullableText,
    type: NullableText,
    subject: NullableText,
    state: ItemState,
    detail: NullableText,
    askedAtMs: NullableNumber,
    answeredAtMs: NullableNumber,
  }),
  "RedriveItemPage",
);

const Text = Type.String({ maxLength: 2_000_000 });

export const EditBody = Type.Union(
  [
    Type.Object({ text: Type.Unsafe<string>({ ...Text, description: "The whole payload." }) }, closed),
    Type.Object(
      {
        changes: Type.Array(
          Type.Object(
            {
              pointer: Type.String({ maxLength: 2_000, description: "A JSON pointer; - is behind the last item of an array." }),
              json: Type.Union([Text, Type.Null()], { description: "As JSON, its characters as they are; null removes." }),
            },
            closed,
          ),
          { minItems: 1, maxItems: 1_000 },
        ),
      },
      closed,
    ),
  ],
  { description: "The whole payload, or changes of some values, which leave every other byte as it is." },
);

const ProblemView = Type.Object({ pointer: Type.String(), message: Type.String() });

export const EditCheckView = Type.Object(
  {
    text: Type.String({ description: "The data as it would be, as JSON: give these very bytes to a plan." }),
    writtenAs: OneOf("JSON", "AVRO", "PROTOBUF"),
    differences: List(
      Type.Object({
        pointer: Type.String(),
        kind: OneOf("added", "removed", "changed"),
        before: NullableText,
        after: NullableText,
      }),
    ),
    verdict: OneOf("valid", "invalid", "unchecked"),
    problems: List(ProblemView),
    checkedBy: Nullable(Type.Object({ service: NullableText, version: Type.Integer(), in: OneOf("announcement", "registry") })),
    why: NullableText,
  },
  { $id: "EditCheck" },
);

export const RehearsalBody = Type.Object(
  {
    selection: SelectionBody,
    schema: Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: "object",
      description: "A JSON Schema: what a handler is to read.",
    }),
    type: Type.Optional(ShortText),
    most: Type.Integer({ default: 10_000, minimum: 1, maximum: 100_000 }),
  },
  closed,
);

export const RehearsalView = Type.Object(
  {
    looked: Type.Integer(),
    isMore: Type.Boolean(),
    passed: Type.Integer(),
    failed: Type.Integer(),
    unreadable: Type.Integer({ description: "Their data is no JSON, or the log has it no more." }),
    causes: List(Type.Object({ pointer: Type.String(), message: Type.String(), count: Type.Integer(), example: Type.String() })),
  },
  { $id: "Rehearsal" },
);
