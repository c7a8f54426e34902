import Type, { type Static, type TObject, type TProperties } from "typebox";

const strict = { additionalProperties: false };
const Positive = (description: string) => Type.Number({ exclusiveMinimum: 0, description });
const OrNull = <T extends ReturnType<typeof Positive>>(schema: T) =>
  Type.Unsafe<number | null>({ ...schema, type: ["number", "null"] });

/** A value that is secret stands elsewhere: in the environment, or in a file that only this process can read. */
const Secret = Type.Union(
  [Type.Object({ env: Type.String({ minLength: 1 }) }, strict), Type.Object({ file: Type.String({ minLength: 1 }) }, strict)],
  {
    description:
      'a place where a secret stands: {"env": "NAME"}, which is the variable NAME or else the file that NAME_FILE names, or {"file": "path"}',
  },
);
export type Secret = Static<typeof Secret>;

/** An address may hold a secret, as Slack's do. */
const Address = Type.Union([Type.String({ minLength: 1 }), ...Secret.anyOf], {
  description: 'a text, or a place where a secret stands: {"env": "NAME"} or {"file": "path"}',
});
export type Address = Static<typeof Address>;

const AllowInside = Type.Union([Type.Boolean(), Type.Array(Type.String({ minLength: 1 }))], {
  description: "a list of hosts that may have addresses of the inside, or true for all",
});

const posting = {
  url: Address,
  timeoutMs: Type.Optional(Type.Number({ minimum: 1, maximum: 60_000 })),
  allowInside: Type.Optional(AllowInside),
};

const kindOf = <K extends string, T extends TProperties>(kind: K, properties: T) =>
  Type.Object({ kind: Type.Literal(kind), ...properties }, strict);

const channels = {
  webhook: kindOf("webhook", {
    ...posting,
    secret: Type.Union([...Secret.anyOf, Type.Array(Secret, { minItems: 1, maxItems: 2 })], {
      description: "a place where a secret stands, or two of them while one takes the place of the other",
    }),
  }),
  slack: kindOf("slack", posting),
  email: kindOf("email", {
    server: Address,
    from: Type.String({ minLength: 3 }),
    to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1 }),
    requireTls: Type.Optional(Type.Boolean()),
    ca: Type.Optional(Type.String({ minLength: 1, description: "A file of certificates in PEM." })),
    timeoutMs: Type.Optional(Type.Number({ minimum: 1, maximum: 60_000 })),
  }),
  prometheus: kindOf("prometheus", {
    ...posting,
    bearer: Type.Optional(Secret),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
};
export type ChannelConfig = Static<(typeof channels)[keyof typeof channels]>;

const Channel = Type.Unsafe<ChannelConfig>({
  type: "object",
  discriminator: { propertyName: "kind" },
  required: ["kind"],
  oneOf: Object.values(channels) as TObject[],
});

const Rule = Type.Object(
  {
    maxBehind: Type.Optional(OrNull(Positive("More events behind than this is too far; null: never."))),
    maxBehindMs: Type.Optional(OrNull(Positive("Its oldest unread event is older than this; null: never."))),
    statuses: Type.Optional(
      Type.Array(
        Type.Unsafe<"warning" | "stopped" | "stalled" | "rewound">({ enum: ["warning", "stopped", "stalled", "rewound"] }),
      ),
    ),
    maxFailures: Type.Optional(
      Type.Unsafe<number | null>({
        type: ["number", "null"],
        minimum: 0,
        description: "More events that failed for good and wait for an answer are too many. Default 0; null: never.",
      }),
    ),
    opensAfterSamples: Type.Optional(Type.Integer({ minimum: 1 })),
    recoversBelow: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    recoversAfterMs: Type.Optional(Type.Number({ minimum: 0 })),
    escalation: Type.Optional(
      Type.Array(Type.Object({ afterMs: Type.Number({ minimum: 0 }), channels: Type.Array(Type.String()) }, strict)),
    ),
  },
  strict,
);

const Alerts = Type.Object(
  {
    allowInside: Type.Optional(AllowInside),
    channels: Type.Optional(Type.Record(Type.String({ pattern: "^[A-Za-z0-9._-]{1,100}$" }), Channel, strict)),
    rules: Type.Optional(
      Type.Object({ default: Type.Optional(Rule), groups: Type.Optional(Type.Record(Type.String(), Rule)) }, strict),
    ),
    sampleEveryMs: Type.Optional(Type.Number({ minimum: 1_000, maximum: 60_000 })),
  },
  strict,
);

const Retention = Type.Object(
  {
    eventsDays: Type.Optional(
      OrNull(Positive("Events, and receipts of them, in the index. Default 30; null: as long as there is room.")),
    ),
    deadLettersDays: Type.Optional(OrNull(Positive("Dead letters in the index. Default 30; null: for ever."))),
    indexGigabytes: Type.Optional(
      OrNull(Positive("The most that the index may take; the oldest goes first. Default 20; null: no limit.")),
    ),
    logsDays: Type.Optional(
      OrNull(Positive("Log lines that services ship, in the index. Default 7; null: as long as there is room.")),
    ),
    logsGigabytes: Type.Optional(
      OrNull(Positive("The most that log lines may take of the index, about; the oldest go first. Default 2; null: no limit.")),
    ),
    lagDays: Type.Optional(Positive("The history of lag. Default 14.")),
    lagPoints: Type.Optional(Type.Integer({ minimum: 1, description: "The most points of it. Default 1,000,000." })),
  },
  strict,
);

const Database = Type.Union([Type.String({ pattern: "^postgres(ql)?://" }), ...Secret.anyOf], {
  description:
    'a PostgreSQL database, which several control planes share: postgres://… without a password, or a place where it stands: {"env": "NAME"} or {"file": "path"}',
});

/** What `throughline console --config` takes. */
export const ControlConfigSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    database: Type.Optional(Database),
    traceUrl: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Where one trace is shown, with {traceId} in the place of its id: https://…/{traceId}",
      }),
    ),
    alerts: Type.Optional(Alerts),
    retention: Type.Optional(Retention),
  },
  { ...strict, title: "Configuration of Throughline's control plane" },
);
export type ControlConfigFile = Static<typeof ControlConfigSchema>;
