import { type DescMessage, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

const prefix = "google.protobuf.";
const asJson = new Set(
  ["Timestamp", "Duration", "Struct", "Value", "ListValue", "FieldMask", "Empty"].map((name) => `${prefix}${name}`),
);

/** Whether a message of Google's is written in JSON in a way of its own: a time as text. */
export function isWellKnown(desc: DescMessage): boolean {
  return asJson.has(desc.typeName);
}

/** Null for data that is none of it. */
export function wellKnownMessage(desc: DescMessage, value: unknown): ReflectMessage | null {
  try {
    return reflect(desc, fromJson(desc, value as JsonValue));
  } catch {
    return null;
  }
}

export function wellKnownData(message: ReflectMessage): unknown {
  return toJson(message.desc, message.message);
}
