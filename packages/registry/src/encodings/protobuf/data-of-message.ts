import type { DescEnum, DescField } from "@bufbuild/protobuf";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence as Presence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import type { Int64 } from "../problem-list.ts";
import { scalarData } from "./scalars.ts";
import { isWellKnown, wellKnownData } from "./well-known-messages.ts";

/** Data of a message. What was left out is not there; fields that cannot be left out, lists and maps always are. */
export function dataOfMessage(message: ReflectMessage, int64: Int64): unknown {
  if (isWellKnown(message.desc)) return wellKnownData(message);
  if (isWrapperDesc(message.desc)) return valueOf(message, message.fields[0] as DescField, int64);
  const there = message.fields.filter((field) => field.presence === Presence.IMPLICIT || message.isSet(field));
  // From entries, for `__proto__` is a name like any other.
  return Object.fromEntries(there.map((field) => [field.name, placed(field.name, () => valueOf(message, field, int64))]));
}

function valueOf(message: ReflectMessage, field: DescField, int64: Int64): unknown {
  if (field.fieldKind === "list") return [...message.get(field)].map((item) => one(field, item, int64));
  if (field.fieldKind === "map")
    return Object.fromEntries([...message.get(field)].map(([key, value]) => [String(key), one(field, value, int64)]));
  return one(field, message.get(field), int64);
}

function one(field: DescField, value: unknown, int64: Int64): unknown {
  if (field.message !== undefined) return dataOfMessage(value as ReflectMessage, int64);
  return field.enum === undefined ? scalarData(value, int64) : symbolOf(field.enum, value as number);
}

/** A number that this version of the enum does not name stays one, and the contract refuses it. */
function symbolOf(desc: DescEnum, number: number): string | number {
  return desc.value[number]?.name ?? number;
}

function placed<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(message.startsWith("/") ? `/${name}${message}` : `/${name} ${message}`, { cause: error });
  }
}
