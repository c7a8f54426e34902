import Type from "typebox";
import { NullableNumber, NullableText } from "./nullable.ts";

export const placeFields = {
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
};

/** What an event says of itself, and where it stands in the log; never its data. */
export const seenEventFields = {
  ...placeFields,
  timestampMs: Type.Number(),
  id: Type.String(),
  type: Type.String(),
  source: Type.String(),
  subject: NullableText,
  time: NullableText,
  correlationId: NullableText,
  causationId: NullableText,
  sequence: NullableNumber,
  tenantId: NullableText,
  dataVersion: NullableNumber,
};

export const errorSummary = Type.Object({ name: Type.String(), code: NullableText, message: Type.String() });
