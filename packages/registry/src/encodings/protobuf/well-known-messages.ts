import { type DescMessage, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { NestedTooDeeply } from "../problem-list.ts";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

const prefix = "google.protobuf.";
const asJson = new Set(
  ["Timestamp", "Duration", "Struct", "Value", "ListValue", "FieldMask", "Empty"].map((name) => `${prefix}${name}`),
);

/** Whether a message of Google's is written in JSON in a way of its own: a time as text. */
export function isWellKnown(desc: DescMessage): boolean {
  return asJson.has(desc.typeName);
}

/**
 * Null for data that is none of it.
 * @param deepest How many messages may stand one in another, this one included. @throws NestedTooDeeply
 */
export function wellKnownMessage(desc: DescMessage, value: unknown, deepest: number): ReflectMessage | null {
  try {
    return reflect(desc, fromJson(desc, value as JsonValue, { recursionLimit: deepest }));
  } catch (error) {
    if (isOfDepth(error)) throw new NestedTooDeeply(deepestMessages);
    return null;
  }
}

/** Readers of other languages follow no more messages in one another either (C++, Java and Python: 100). */
export const mostMessages = 100;
export const deepestMessages = `${mostMessages} messages`;

export function isOfDepth(error: unknown): boolean {
  return (error as Error).message.includes("maximum recursion depth");
}

export function wellKnownData(message: ReflectMessage): unknown {
  return toJson(message.desc, message.message);
}
