import Type, { type Static } from "typebox";
import { List, Nullable, NullableNumber, NullableText, OneOf, PageOf } from "./nullable.ts";

const incidentFields = {
  id: Type.String(),
  group: Type.String(),
  openedAtMs: Type.Number(),
  cause: OneOf("behind", "behind-ms", "status", "failures"),
  limit: NullableNumber,
  behindAtOpen: Type.Number(),
  worstBehind: Type.Number(),
  worstBehindMs: NullableNumber,
  endedAtMs: NullableNumber,
  endedBy: NullableText,
  toldChannels: List(Type.String()),
  failures: Type.Optional(
    Type.Object(
      {
        causes: List(Type.String()),
        handlers: List(Type.String()),
        unansweredAtOpen: Type.Integer(),
        worstUnanswered: Type.Integer(),
      },
      { description: "Of the cause failures only: fingerprints of its causes, and how many events wait for an answer." },
    ),
  ),
};

const Acknowledgement = Type.Object({ by: Type.String(), note: NullableText, atMs: Type.Number() });

export const IncidentView = Type.Object(
  { ...incidentFields, acknowledgement: Nullable(Acknowledgement) },
  { $id: "Incident", description: "One time that a group was too far behind, or that events of a service failed for good." },
);
export const IncidentPageView = PageOf(IncidentView, "IncidentPage");

const PartitionLagView = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  committed: Type.Integer(),
  earliest: Type.Integer(),
  end: Type.Integer(),
  behind: Type.Integer(),
  lost: Type.Integer(),
  behindMs: NullableNumber,
  behindMsFrom: Nullable(OneOf("record", "estimate", "at-least")),
  member: NullableText,
  status: OneOf("ok", "warning", "stopped", "stalled", "rewound"),
  excuse: NullableText,
  trendPerSecond: NullableNumber,
  catchUpMs: NullableNumber,
});

export const GroupLagView = Type.Object(
  {
    group: Type.String(),
    state: Type.String(),
    members: Type.Integer(),
    status: OneOf("ok", "warning", "error"),
    behind: Type.Integer(),
    behindCounted: Type.Integer({ description: "Without partitions that raise no alarm." }),
    behindMs: NullableNumber,
    trendPerSecond: NullableNumber,
    catchUpMs: NullableNumber,
    limit: NullableNumber,
    incident: Nullable(Type.Object(incidentFields)),
    partitions: List(PartitionLagView),
  },
  { $id: "GroupLag" },
);
export type GroupLagView = Static<typeof GroupLagView>;

/** A handler that reads by itself: its group's offset tells nothing of it. */
const HandlerLagView = Type.Object({
  service: Type.String(),
  handler: Type.String(),
  state: Type.String(),
  behind: NullableNumber,
  problem: NullableText,
});

export const LagView = Type.Object(
  {
    sampledAtMs: NullableNumber,
    problem: NullableText,
    groups: List(GroupLagView),
    handlers: List(HandlerLagView),
  },
  { $id: "Lag" },
);

export const HistoryView = Type.Object(
  {
    points: List(
      Type.Object({
        atMs: Type.Number(),
        behind: Type.Integer(),
        behindMs: NullableNumber,
        status: Type.String(),
      }),
    ),
  },
  { $id: "LagHistory" },
);
