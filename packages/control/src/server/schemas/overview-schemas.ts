import Type from "typebox";
import { problemKinds } from "../../overview/problem.ts";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";

const actions = ["failures", "redrive", "pause", "resume", "service", "lag", "flow", "channels", "events", "release"] as const;

const ActionView = Type.Object({
  kind: OneOf(...actions),
  title: Type.String(),
  target: Type.String({ description: "What the API knows the thing by that it concerns." }),
});

export const ProblemView = Type.Object(
  {
    id: Type.String(),
    kind: OneOf(...problemKinds),
    severity: OneOf("critical", "warning", "notice"),
    sentence: Type.String(),
    service: NullableText,
    handler: NullableText,
    owner: NullableText,
    count: NullableNumber,
    trend: Nullable(OneOf("rising", "steady", "falling")),
    sinceMs: NullableNumber,
    sinceVersion: NullableText,
    actions: List(ActionView),
    acknowledged: Nullable(Type.Object({ by: Type.String(), note: NullableText, atMs: Type.Number() })),
  },
  { $id: "OpenProblem" },
);

export const OverviewView = Type.Object(
  {
    atMs: Type.Number(),
    blind: NullableText,
    headline: Type.String(),
    broken: List(ProblemView),
    hurt: Type.Object({
      unanswered: Type.Integer(),
      tenants: List(Type.Object({ tenantId: Type.String(), unanswered: Type.Integer(), groups: Type.Integer() })),
      services: List(
        Type.Object({ service: Type.String(), owner: NullableText, unanswered: Type.Integer(), behind: NullableNumber }),
      ),
    }),
    changed: List(
      Type.Object({
        atMs: Type.Number(),
        kind: OneOf("deploy", "contracts", "control", "replay"),
        service: Type.String(),
        sentence: Type.String(),
      }),
    ),
    safe: List(
      Type.Object({
        isSafe: Type.Boolean(),
        sentence: Type.String(),
        problem: NullableText,
        action: Nullable(ActionView),
      }),
    ),
    normal: List(
      Type.Object({
        what: OneOf("services", "handlers", "failures", "lag", "outboxes", "traffic"),
        state: OneOf("normal", "not-normal", "unknown"),
        sentence: Type.String(),
      }),
    ),
  },
  { $id: "Overview" },
);
