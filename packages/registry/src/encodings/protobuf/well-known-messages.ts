import { type DescMessage, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { asData, type Int64, wholeNumber } from "../problem-list.ts";

const prefix = "google.protobuf.";
const asJson = new Set(
  ["Timestamp", "Duration", "Struct", "Value", "ListValue", "FieldMask", "Empty"].map((name) => `${prefix}${name}`),
);
const wide = new Set([`${prefix}Int64Value`, `${prefix}UInt64Value`]);

/** Whether a message of Google's is written in JSON in a way of its own: a time as text, a wrapped value as the value. */
export function isWellKnown(desc: DescMessage): boolean {
  return asJson.has(desc.typeName) || isWrapperDesc(desc);
}

/** Null for data that is none of it. */
export function wellKnownMessage(desc: DescMessage, value: unknown, int64: Int64): ReflectMessage | null {
  let json = value;
  if (wide.has(desc.typeName)) {
    const number = wholeNumber(value, int64);
    if (number === null) return null;
    json = String(number);
  }
  try {
    return reflect(desc, fromJson(desc, json as JsonValue));
  } catch {
    return null;
  }
}

export function wellKnownData(message: ReflectMessage, int64: Int64): unknown {
  const json = toJson(message.desc, message.message);
  return wide.has(message.desc.typeName) ? asData(BigInt(json as string), int64) : json;
}
