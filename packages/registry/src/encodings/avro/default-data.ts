import { fitsDefault } from "../../compatibility/avro/default-values.ts";
import type { AvroType } from "../../compatibility/avro/read-avro-schema.ts";
import { asData, type Int64 } from "../problem-list.ts";
import { decimalText, logicalText } from "./logical-values.ts";

/** A default of a schema, which writes bytes as text and logical types as they are kept, as it stands in data. */
export function defaultData(type: AvroType, value: unknown, int64: Int64): unknown {
  switch (type.kind) {
    case "int":
    case "long": {
      const logical = logicalText(type);
      if (logical !== null) return logical.toText(BigInt(value as number | bigint));
      return type.kind === "long" ? asData(BigInt(value as number | bigint), int64) : value;
    }
    case "float":
    case "double":
      return Number(value);
    case "bytes":
    case "fixed": {
      const raw = Buffer.from(value as string, "latin1");
      return type.decimal === null ? raw.toString("base64") : decimalText(raw, type.decimal);
    }
    case "array":
      return (value as unknown[]).map((each) => defaultData(type.items, each, int64));
    case "map":
      return mapped(value as object, (each) => defaultData(type.values, each, int64));
    case "record": {
      const given = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          defaultData(field.type, Object.hasOwn(given, field.name) ? given[field.name] : field.default, int64),
        ]),
      );
    }
    case "union": {
      const branch = type.branches.find((each) => fitsDefault(each, value));
      return branch === undefined ? value : defaultData(branch, value, int64);
    }
    default:
      return value;
  }
}

function mapped(values: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [name, change(each)]));
}
