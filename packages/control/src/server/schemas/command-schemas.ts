import Type, { type Static } from "typebox";
import { List, Moment, Nullable, NullableNumber, NullableText, OneOf, PageOf } from "./nullable.ts";

const commands = ["pause", "resume", "limit", "hold", "release", "accept-loss"] as const;
const aText = Type.String({ minLength: 1, maxLength: 1_000 });

export const CommandReachBody = Type.Object(
  {
    command: OneOf(...commands),
    service: aText,
    handler: Type.Optional(
      Nullable(Type.String({ minLength: 1, maxLength: 1_000, description: "Default: every handler of the service." })),
    ),
    subject: Type.Optional(Nullable(aText)),
    tenant: Type.Optional(Nullable(aText)),
    perSecond: Type.Optional(
      Nullable(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: "Of a limit; null takes it off." })),
    ),
    untilMs: Type.Optional(Nullable(Moment("When it ends by itself. Default: when somebody ends it."))),
  },
  { additionalProperties: false },
);
export type CommandReachBody = Static<typeof CommandReachBody>;

const ReachedHandler = Type.Object({
  name: Type.String(),
  state: Type.String(),
  behind: NullableNumber,
  parked: Type.Integer(),
  dead: Type.Integer(),
  problem: NullableText,
});

export const CommandReachView = Type.Object(
  {
    sentence: Type.String(),
    handlers: List(ReachedHandler),
    instances: List(Type.String({ description: "Those that run, and will apply it." })),
    controls: List(Type.String()),
    warnings: List(Type.String()),
    refused: List(Type.String({ description: "Why it cannot be asked for." })),
    confirm: Nullable(Type.String({ description: "To be sent back to ask for it; null where it cannot be." })),
    confirmUntilMs: NullableNumber,
  },
  { $id: "CommandReach", description: "What a command would touch." },
);

export const CommandBody = Type.Object(
  {
    confirm: Type.String({ minLength: 1, maxLength: 8_000, description: "As it was told with what the command would touch." }),
    reason: Type.String({ minLength: 1, maxLength: 2_000 }),
  },
  { additionalProperties: false },
);

export const CommandView = Type.Object(
  {
    id: Type.String(),
    command: OneOf(...commands),
    service: Type.String(),
    handler: NullableText,
    subject: NullableText,
    tenant: NullableText,
    perSecond: NullableNumber,
    untilMs: NullableNumber,
    by: Type.String(),
    reason: NullableText,
    atMs: Type.Number(),
    sentence: Type.String({ description: "What was asked for." }),
    state: OneOf("asked", "done", "refused", "ended"),
    answer: Nullable(Type.String({ description: "The service's own words." })),
    answeredAtMs: NullableNumber,
    appliedBy: List(Type.String()),
    waitingFor: List(Type.String({ description: "Instances that run and have not said that they apply it." })),
  },
  { $id: "Command" },
);
export type CommandView = Static<typeof CommandView>;
export const CommandPageView = PageOf(CommandView, "CommandPage");
