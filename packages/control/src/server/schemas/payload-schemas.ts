import Type, { type Static } from "typebox";
import { List, Nullable, NullableText, OneOf } from "./nullable.ts";

/** A record's value, as whoever asks may see it. */
export const PayloadSchema = Type.Object(
  {
    kind: OneOf("json", "text", "binary", "none", "hidden"),
    contentType: NullableText,
    bytes: Type.Integer(),
    writtenAs: Type.Union([Type.Object({ schemaType: NullableText, schemaId: Type.Integer() }), Type.Null()], {
      description:
        "Of data in Avro or Protobuf: the schema by which `text` was read. Its bytes are at the payload's own address.",
    }),
    text: Type.Union([Type.String(), Type.Null()], {
      description: "JSON as text, so that no number loses a digit: parse it with care.",
    }),
    base64: NullableText,
    hex: NullableText,
    isCut: Type.Boolean(),
    masked: List(Type.String({ description: "A JSON pointer of a personal value." })),
    note: NullableText,
  },
  { $id: "Payload" },
);

export const BytesSchema = Nullable(Type.Object({ text: NullableText, base64: NullableText }));
export const HeadersSchema = List(Type.Object({ name: Type.String(), value: BytesSchema, isHidden: Type.Boolean() }));

/** The contract that an event is judged by. */
export const JudgedBy = Nullable(
  Type.Object({
    service: Type.String(),
    handler: Type.Union([Type.String(), Type.Null()], { description: "Null where it is what its publisher promises." }),
    type: Type.String(),
    version: Type.Integer(),
    schema: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", additionalProperties: true }),
    personal: Nullable(List(Type.String())),
    problems: Nullable(List(Type.Object({ pointer: Type.String(), message: Type.String() }))),
  }),
);
export type JudgedBy = Static<typeof JudgedBy>;
