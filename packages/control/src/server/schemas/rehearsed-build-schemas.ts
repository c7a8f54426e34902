import Type from "typebox";
import { List, Moment, Nullable, NullableText, OneOf } from "./nullable.ts";

const closed = { additionalProperties: false };
const Name = Type.String({ minLength: 1, maxLength: 1_000 });
const outcomes = ["applied", "duplicate", "stale", "failed", "calls", "waits", "refused", "unknown"] as const;
const LongText = Type.String({ maxLength: 10_000 });

export const RehearsalReportBody = Type.Object(
  {
    service: Name,
    version: Type.String({ minLength: 1, maxLength: 200, description: "Of the build." }),
    startedAtMs: Moment(),
    letters: List(
      Type.Object(
        {
          failureId: Name,
          handler: Name,
          outcome: OneOf(...outcomes),
          error: Type.Optional(Nullable(Type.Object({ name: Name, code: Nullable(Name), message: LongText }, closed))),
          why: Type.Optional(Nullable(LongText)),
        },
        closed,
      ),
    ),
  },
  closed,
);

const Counts = Type.Object({
  letters: Type.Integer(),
  passed: Type.Integer({ description: "They would be handled, or were." }),
  calls: Type.Integer({ description: "They would make a call, which no rehearsal makes." }),
});

export const RehearsedBuildView = Type.Object(
  {
    id: Type.String(),
    service: Type.String(),
    version: Type.String(),
    by: Type.String(),
    atMs: Type.Number(),
    startedAtMs: Type.Number(),
    counts: Counts,
    others: List(
      Type.Object({
        failureId: Type.String(),
        handler: Type.String(),
        group: NullableText,
        outcome: Type.String(),
        why: NullableText,
      }),
    ),
  },
  { $id: "RehearsedBuild" },
);

export const RehearsedBuildsView = Type.Object({ items: List(RehearsedBuildView) }, { $id: "RehearsedBuilds" });
