import Type from "typebox";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";
import { PayloadSchema } from "./payload-schemas.ts";

const DriftView = Type.Object({
  kind: OneOf("seen-not-declared", "declared-never-seen", "version-not-declared", "source-not-declared", "read-not-published"),
  sentence: Type.String(),
});

const ReaderView = Type.Object({
  service: Type.String(),
  handler: Type.String(),
  version: Type.Integer(),
  lifts: List(Type.Integer()),
  fields: Nullable(List(Type.String({ description: "A property that it reads." }))),
});

const typeFields = {
  type: Type.String(),
  owner: NullableText,
  publishers: List(Type.String()),
  topics: List(Type.String()),
  readers: List(ReaderView),
  count: Type.Integer({ description: "Events since the index began." }),
  firstMs: NullableNumber,
  lastMs: NullableNumber,
  perSecond: Type.Number({ description: "Over the last quarter of an hour." }),
  drift: List(DriftView),
};

export const CatalogueView = Type.Object(
  {
    items: List(
      Type.Object({
        ...typeFields,
        versions: List(Type.Object({ version: Type.Integer(), publishers: List(Type.String()), isCurrent: Type.Boolean() })),
      }),
    ),
    blind: NullableText,
  },
  { $id: "Catalogue" },
);

const FieldView = Type.Object({
  path: Type.String(),
  type: Type.String(),
  isRequired: Type.Boolean(),
  description: NullableText,
});

export const EventTypeView = Type.Object(
  {
    ...typeFields,
    versions: List(
      Type.Object({
        version: Type.Integer(),
        publishers: List(Type.String()),
        isCurrent: Type.Boolean(),
        firstMs: Type.Number(),
        stream: Type.String(),
        subject: Type.String(),
        tenant: NullableText,
        personal: Nullable(List(Type.String())),
        writtenAs: OneOf("JSON", "AVRO", "PROTOBUF"),
        fields: List(FieldView),
        schema: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", additionalProperties: true }),
      }),
    ),
    diffs: List(
      Type.Object({
        from: Type.Integer(),
        to: Type.Integer(),
        fields: List(
          Type.Object({
            path: Type.String(),
            change: OneOf("added", "removed", "changed"),
            before: NullableText,
            after: NullableText,
          }),
        ),
        breaks: Nullable(
          List(Type.Object({ direction: OneOf("backward", "forward"), path: Type.String(), message: Type.String() })),
        ),
      }),
    ),
    example: Nullable(Type.Object({ key: Type.String(), timestampMs: Type.Number(), payload: PayloadSchema })),
    blind: NullableText,
  },
  { $id: "EventType" },
);
