import Type from "typebox";
import { lineLevels } from "../../log-lines/log-line.ts";
import { List, NullableText, OneOf } from "./nullable.ts";

const optionalText = Type.Optional(Type.String());

/** Its texts are untrusted: whoever may write to the topic wrote them. */
export const LogLineView = Type.Object(
  {
    atMs: Type.Number(),
    level: OneOf(...lineLevels),
    message: Type.String(),
    service: Type.String(),
    version: Type.String(),
    instance: Type.String(),
    correlationId: optionalText,
    tenantId: optionalText,
    eventId: Type.Optional(Type.String({ description: "The event that was being handled." })),
    handler: optionalText,
    attempt: Type.Optional(Type.Integer({ description: "The handler's attempt at the event, 1 for the first." })),
    traceId: optionalText,
    rolledBack: Type.Optional(Type.Unsafe<true>({ type: "boolean", description: "What it tells of was rolled back." })),
    cut: Type.Optional(Type.Unsafe<true>({ type: "boolean", description: "It was too long to be shipped whole." })),
    fields: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", additionalProperties: true })),
  },
  { $id: "LogLine" },
);

export const FlowLogsView = Type.Object(
  {
    items: List(LogLineView),
    next: NullableText,
    services: List(
      Type.Object({
        service: Type.String(),
        ships: Type.Unsafe<"yes" | "no" | "unknown">({
          ...OneOf("yes", "no", "unknown"),
          description: "Whether it ships its log lines; unknown where it has not announced itself.",
        }),
      }),
    ),
    gaps: List(
      Type.Object(
        {
          service: Type.String(),
          instance: Type.String(),
          count: Type.Integer(),
          fromMs: Type.Number(),
          toMs: Type.Number(),
        },
        { description: "Lines that an instance dropped about then: some of them may have been of this flow." },
      ),
    ),
    blind: NullableText,
  },
  { $id: "FlowLogs" },
);
