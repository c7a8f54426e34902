import Type from "typebox";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";

const summaryFields = {
  service: Type.String(),
  owner: NullableText,
  state: OneOf("running", "stopped", "silent"),
  sinceMs: NullableNumber,
  instances: Type.Integer(),
  versions: List(Type.String()),
  publishes: List(Type.String()),
  handlers: Type.Integer(),
  notLive: Type.Integer(),
  behind: NullableNumber,
  behindMs: NullableNumber,
  parked: Type.Integer(),
  unanswered: Type.Integer(),
  outboxWaiting: NullableNumber,
};

export const ServiceListView = Type.Object(
  { items: List(Type.Object(summaryFields)), blind: NullableText },
  { $id: "ServiceList" },
);

const ReplayView = Type.Object({
  commandId: Type.String(),
  epoch: Type.Integer(),
  kind: OneOf("rebuild", "rerun"),
  state: Type.String(),
  problem: NullableText,
  done: Type.Number(),
  total: Type.Number(),
  ratePerSecond: NullableNumber,
  remainingMs: NullableNumber,
});

const HandlerView = Type.Object({
  name: Type.String(),
  types: List(Type.String()),
  streams: List(Type.String()),
  order: OneOf("sequential", "latest", "any"),
  kind: OneOf("transaction", "call"),
  mode: Type.String(),
  askedMode: Type.String(),
  isSerial: Type.Boolean(),
  from: Type.String(),
  state: Type.String(),
  problem: NullableText,
  behind: NullableNumber,
  parked: Type.Integer(),
  dead: Type.Integer(),
  unanswered: Type.Integer(),
  controls: List(Type.String()),
  replays: List(ReplayView),
});

const ControlView = Type.Object({
  id: Type.String(),
  kind: OneOf("pause", "limit", "hold"),
  handler: NullableText,
  subject: NullableText,
  tenant: NullableText,
  perSecond: NullableNumber,
  reason: NullableText,
  by: Type.String(),
  atMs: Type.Number(),
  untilMs: NullableNumber,
  sentence: Type.String(),
});

export const ServiceView = Type.Object(
  {
    summary: Type.Object(summaryFields),
    formerNames: List(Type.String()),
    running: List(
      Type.Object({
        instance: Type.String(),
        version: Type.String(),
        state: OneOf("running", "stopped", "silent"),
        startedAtMs: Type.Number(),
        atMs: Type.Number(),
      }),
    ),
    handlers: List(HandlerView),
    controls: List(ControlView),
    outbox: Nullable(
      Type.Object({
        waiting: Type.Number(),
        oldestMs: NullableNumber,
        stoppedSubjects: Type.Number(),
        problem: NullableText,
      }),
    ),
    answers: List(
      Type.Object({
        commandId: Type.String(),
        state: OneOf("done", "refused"),
        sentence: Type.String(),
        atMs: Type.Number(),
      }),
    ),
    deploys: List(Type.Object({ version: Type.String(), firstMs: Type.Number(), lastMs: Type.Number() })),
    published: List(Type.Object({ type: Type.String(), topic: Type.String(), events: Type.Integer(), perSecond: Type.Number() })),
    blind: NullableText,
  },
  { $id: "Service" },
);

const Health = OneOf("ok", "behind", "failing", "stopped", "unknown");

export const MapView = Type.Object(
  {
    windowMs: Type.Number(),
    nodes: List(Type.Object({ name: Type.String(), kind: OneOf("service", "foreign", "closed"), health: Health })),
    edges: List(
      Type.Object({
        from: Type.String(),
        to: Type.String(),
        handler: Type.String(),
        type: Type.String(),
        topic: NullableText,
        events: Type.Integer(),
        perSecond: Type.Number(),
        health: Health,
        why: NullableText,
        behind: NullableNumber,
        unanswered: Type.Integer(),
      }),
    ),
    unheard: List(Type.Object({ from: Type.String(), type: Type.String(), events: Type.Integer() })),
    blind: NullableText,
  },
  { $id: "ServiceMap" },
);
