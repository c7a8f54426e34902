import Type, { type Static } from "typebox";
import { List, Moment, Nullable, NullableNumber, NullableText, Offset, OneOf } from "./nullable.ts";

const Place = Type.Object(
  {
    topic: Type.String({ minLength: 1 }),
    partition: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647 }))),
    fromOffset: Type.Optional(Nullable(Offset("Default: the beginning."))),
    toOffset: Type.Optional(Nullable(Offset("The first one behind it. Default: the end."))),
  },
  { additionalProperties: false },
);

const several = (description: string) =>
  Type.Optional(Nullable(Type.Array(Type.String({ minLength: 1 }), { maxItems: 1_000, description })));

const requestFields = {
  service: Type.String({ minLength: 1 }),
  handler: Type.String({ minLength: 1 }),
  kind: OneOf("rebuild", "rerun"),
  fromMs: Type.Optional(Nullable(Moment("Events since then. Default: the beginning."))),
  toMs: Type.Optional(Nullable(Moment("Events before then; of a rerun only."))),
  types: several("Only events of these types; of a rerun only."),
  subjects: several("Only events of these subjects; of a rerun only."),
  places: Type.Optional(
    Nullable(Type.Array(Place, { maxItems: 1_000, description: "Only in these topics, partitions, offsets; of a rerun only." })),
  ),
  ratePerSecond: Type.Optional(
    Nullable(
      Type.Number({
        minimum: 0.001,
        maximum: 1_000_000,
        description: "At most so many events a second. Default: as fast as it goes.",
      }),
    ),
  ),
  publish: Type.Boolean({ default: false, description: "Whether what the handler publishes is published again." }),
};

export const ReplayRequestBody = Type.Object(requestFields, { additionalProperties: false });
export type ReplayRequestBody = Static<typeof ReplayRequestBody>;

export const ReplayPlanBody = Type.Object(
  {
    ...requestFields,
    countWithinMs: Type.Integer({
      default: 5_000,
      minimum: 0,
      maximum: 60_000,
      description: "How long events may be counted; 0: not at all.",
    }),
  },
  { additionalProperties: false },
);

export const ReplayStartBody = Type.Object(
  {
    ...requestFields,
    reason: Type.String({ minLength: 1, maxLength: 2_000 }),
    id: Type.Optional(
      Type.String({
        pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description: "A UUID of the caller's: asked for twice, the replay runs once.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const ReplayControlBody = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 2_000 })) },
  { additionalProperties: false },
);

const PlaceView = Type.Object({
  topic: Type.String(),
  partition: Nullable(Type.Integer()),
  fromOffset: Nullable(Type.Integer()),
  toOffset: Nullable(Type.Integer()),
});

const RangeView = Type.Object({
  fromMs: NullableNumber,
  toMs: NullableNumber,
  types: Nullable(List(Type.String())),
  subjects: Nullable(List(Type.String())),
  places: Nullable(List(PlaceView)),
});

export const ReplayPlanView = Type.Object(
  {
    service: Type.String(),
    handler: Type.String(),
    kind: OneOf("rebuild", "rerun"),
    range: RangeView,
    ratePerSecond: NullableNumber,
    publish: Type.Boolean(),
    records: Type.Integer({ description: "To be read; the filter leaves out some of them." }),
    gone: List(
      Type.Object({
        topic: Type.String(),
        partition: Type.Integer(),
        records: Type.Integer(),
        beginsMs: NullableNumber,
      }),
    ),
    handed: Nullable(
      Type.Record(Type.String(), Type.Integer(), { description: "Events that the handler would be given, by type." }),
    ),
    counted: Nullable(Type.Object({ records: Type.Integer(), isWhole: Type.Boolean() })),
    lastsMs: NullableNumber,
    isRunning: Type.Boolean({ description: "Whether the service runs now." }),
    notes: List(Type.String()),
    refused: List(Type.String({ description: "Why the service would refuse it." })),
  },
  { $id: "ReplayPlan", description: "What a replay would do." },
);

export const ReplayView = Type.Object(
  {
    id: Type.String(),
    service: Type.String(),
    handler: Type.String(),
    kind: OneOf("rebuild", "rerun"),
    state: OneOf("asked", "running", "paused", "done", "cancelled", "refused"),
    sentence: Type.String({ description: "How far it is, in a sentence." }),
    by: NullableText,
    reason: NullableText,
    askedAtMs: NullableNumber,
    range: Nullable(RangeView),
    ratePerSecond: NullableNumber,
    publish: Nullable(Type.Boolean()),
    epoch: Nullable(Type.Integer()),
    done: Type.Integer(),
    total: Nullable(Type.Integer()),
    remainingMs: NullableNumber,
    problem: NullableText,
    isLive: Type.Boolean({ description: "A rebuild that has caught up: the handler is live in its epoch." }),
  },
  { $id: "Replay", description: "A run of a handler through history." },
);
export type ReplayView = Static<typeof ReplayView>;

export const ReplayListView = Type.Object({ items: List(ReplayView) }, { $id: "ReplayList" });
