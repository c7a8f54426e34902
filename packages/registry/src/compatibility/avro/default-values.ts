import { isRaw } from "../json-values.ts";
import type { AvroField, AvroType } from "./read-avro-schema.ts";

interface Extent {
  readonly values: number;
  readonly depth: number;
}

const leaf: Extent = { values: 1, depth: 1 };
const endless: Extent = { values: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY };
/** Where nobody looks further: it is too deep already. */
const deepest = 1_000;

/** How much the default of a field is when it is written out: records leave out fields that have defaults themselves. */
export class DefaultExtents {
  readonly #known = new Map<AvroField, Extent>();
  #open = 0;

  of(field: AvroField): Extent {
    const known = this.#known.get(field);
    if (known !== undefined) return known;
    // Met again inside of itself, it has no end.
    this.#known.set(field, endless);
    this.#open += 1;
    const extent = this.#open > deepest ? endless : this.#ofValue(field.type, field.default);
    this.#open -= 1;
    this.#known.set(field, extent);
    return extent;
  }

  #ofValue(type: AvroType, value: unknown): Extent {
    switch (type.kind) {
      case "array":
        return around((value as unknown[]).map((each) => this.#ofValue(type.items, each)));
      case "map":
        return around(Object.values(value as object).map((each) => this.#ofValue(type.values, each)));
      case "union": {
        const branch = type.branches.find((each) => fitsDefault(each, value));
        return branch === undefined ? leaf : this.#ofValue(branch, value);
      }
      case "record":
        return around(
          type.fields.map((field) =>
            isRaw(value) && Object.hasOwn(value, field.name) ? this.#ofValue(field.type, value[field.name]) : this.of(field),
          ),
        );
      default:
        return leaf;
    }
  }
}

function around(parts: readonly Extent[]): Extent {
  let { values, depth } = leaf;
  for (const part of parts) {
    values += part.values;
    depth = Math.max(depth, part.depth + 1);
  }
  return { values, depth };
}

/** By the specification's table of default values; of a union, by one of its branches (1.12). */
export function fitsDefault(type: AvroType, value: unknown): boolean {
  switch (type.kind) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "int":
      return Number.isInteger(value) && (value as number) === ((value as number) | 0);
    case "long":
      return (typeof value === "bigint" || Number.isInteger(value)) && isOf64Bits(BigInt(value as number | bigint));
    case "float":
    case "double":
      return typeof value === "bigint" || Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "bytes":
      return isBytes(value);
    case "fixed":
      return isBytes(value) && value.length === type.size;
    case "enum":
      return typeof value === "string" && type.symbols.includes(value);
    case "array":
      return Array.isArray(value) && value.every((each) => fitsDefault(type.items, each));
    case "map":
      return isRaw(value) && Object.values(value).every((each) => fitsDefault(type.values, each));
    case "union":
      return type.branches.some((branch) => fitsDefault(branch, value));
    case "record":
      return (
        isRaw(value) &&
        type.fields.every((field) =>
          Object.hasOwn(value, field.name) ? fitsDefault(field.type, value[field.name]) : field.hasDefault,
        )
      );
  }
}

const isOf64Bits = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/** Each character is a byte. */
function isBytes(value: unknown): value is string {
  return typeof value === "string" && [...value].every((character) => (character.codePointAt(0) ?? 256) < 256);
}
