import Type, { type Static } from "typebox";
import { IncidentView, LagView } from "./lag-schemas.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf, PageOf } from "./nullable.ts";

export const SilenceView = Type.Object(
  {
    id: Type.String(),
    groups: Type.String({ description: 'A group, or the beginning of names and "*".' }),
    fromMs: Type.Number(),
    untilMs: Type.Number(),
    reason: Type.String(),
    by: Type.String(),
  },
  { $id: "Silence", description: "A time in which nobody is told of incidents of some groups." },
);
export const SilenceListView = Type.Object({ items: List(SilenceView) }, { $id: "SilenceList" });

const deliveryState = OneOf("waiting", "delivered", "given up");

const DeliveryView = Type.Object(
  {
    id: Type.String(),
    incidentId: Type.String(),
    channel: Type.String(),
    kind: OneOf("alert", "escalation", "recovery", "test"),
    attempts: Type.Integer(),
    state: deliveryState,
    createdAtMs: Type.Number(),
    attemptedAtMs: NullableNumber,
    error: NullableText,
  },
  { $id: "Delivery", description: "One alert on its way to one channel." },
);
export const DeliveryPageView = PageOf(DeliveryView, "DeliveryPage");

export const ChannelView = Type.Object(
  {
    name: Type.String(),
    kind: Type.String(),
    target: NullableText,
    counts: Type.Object({ waiting: Type.Integer(), delivered: Type.Integer(), givenUp: Type.Integer() }),
    last: Nullable(DeliveryView),
  },
  { $id: "AlertChannel", description: "A way to tell somebody, with what came of what was sent through it in 90 days." },
);
export const ChannelListView = Type.Object({ items: List(ChannelView) }, { $id: "AlertChannelList" });

export const ChannelTrialView = Type.Object(
  { ok: Type.Boolean(), sentence: Type.String(), tookMs: Type.Integer() },
  { $id: "ChannelTrial", description: "What came of trying a channel." },
);

const ruleFields = {
  maxBehind: NullableNumber,
  maxBehindMs: NullableNumber,
  statuses: List(OneOf("ok", "warning", "stopped", "stalled", "rewound")),
  maxFailures: NullableNumber,
  opensAfterSamples: Type.Integer(),
  recoversBelow: Type.Number(),
  recoversAfterMs: Type.Number(),
  escalation: List(Type.Object({ afterMs: Type.Number(), channels: List(Type.String()) })),
};
const LagRuleView = Type.Object(ruleFields, {
  description: "When a group is too far behind or too many of its events failed for good, and who is told.",
});

export const LagRulesView = Type.Object(
  { default: LagRuleView, groups: List(Type.Object({ pattern: Type.String(), rule: LagRuleView })) },
  { $id: "LagRules" },
);
export const GroupRuleView = Type.Object(
  { group: Type.String(), pattern: NullableText, rule: LagRuleView, silences: List(SilenceView) },
  { $id: "GroupRule", description: "The rule that counts for a group, and by which name it has it; null: the default's." },
);

export const IncidentWithDeliveries = Type.Object(
  { incident: IncidentView, deliveries: List(DeliveryView) },
  { $id: "IncidentWithDeliveries" },
);

/** What is sent live. */
export const LiveLagView = Type.Object(
  { lag: LagView, incidents: List(IncidentView), silences: List(SilenceView) },
  { $id: "LiveLag" },
);
export type LiveLagView = Static<typeof LiveLagView>;
