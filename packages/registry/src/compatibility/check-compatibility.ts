import { readAvroSchema } from "./avro/read-avro-schema.ts";
import { avroDifferences } from "./avro/resolution.ts";
import type { Difference, Sides } from "./difference.ts";
import { differencesBetween } from "./json-schema/containment.ts";
import { readJsonSchema } from "./json-schema/read-json-schema.ts";

/**
 * What a new version must be able to do, as schema registries name it. `BACKWARD`: its readers read what the version before it wrote.
 * `FORWARD`: the version before it reads what it writes. `FULL`: both. `…_TRANSITIVE`: with all versions before it.
 */
export const compatibilityLevels = [
  "NONE",
  "BACKWARD",
  "BACKWARD_TRANSITIVE",
  "FORWARD",
  "FORWARD_TRANSITIVE",
  "FULL",
  "FULL_TRANSITIVE",
] as const;
export type CompatibilityLevel = (typeof compatibilityLevels)[number];

export type SchemaType = "JSON" | "AVRO";

export interface SchemaText {
  /** Parsed: an object, an array (a union of Avro), a string (the name of a type), or a boolean (JSON Schema). */
  readonly schema: unknown;
  /** What it refers to, by name: JSON Schema's `$ref`. Avro finds the named types that these define, in their order. */
  readonly references?: ReadonlyMap<string, unknown>;
}

export interface CompatibilityCheck {
  readonly type: SchemaType;
  readonly level: CompatibilityLevel;
  readonly candidate: SchemaText;
  /** Oldest first. */
  readonly versions: readonly (SchemaText & { readonly version: number })[];
}

export interface Incompatibility extends Difference {
  readonly direction: "backward" | "forward";
  /** The version that the candidate does not go with. */
  readonly version: number;
}

/**
 * Why a candidate may not become the next version; empty when it may.
 * @throws SchemaInvalid when a schema is none.
 * @example
 *   checkCompatibility({ type: "JSON", level: "BACKWARD", candidate: { schema: next }, versions: [{ version: 1, schema: first }] });
 *   // [{ kind: "required_added", path: "/city", pointer: "/required", direction: "backward", version: 1,
 *   //    message: '"/city" must be there in the new schema; version 1 does not require it' }]
 */
export function checkCompatibility({ type, level, candidate, versions }: CompatibilityCheck): readonly Incompatibility[] {
  const compare = comparisons[type](candidate);
  if (level === "NONE") return [];
  const others = level.endsWith("_TRANSITIVE") ? versions.toReversed() : versions.slice(-1);
  return others.flatMap((other) => {
    const compared = compare(other);
    const old = `version ${other.version}`;
    const isFull = level.startsWith("FULL");
    return [
      ...(isFull || level.startsWith("BACKWARD")
        ? of("backward", other.version, compared.oldReadByNew({ reader: "the new schema", writer: old }))
        : []),
      ...(isFull || level.startsWith("FORWARD")
        ? of("forward", other.version, compared.newReadByOld({ reader: old, writer: "the new schema" }))
        : []),
    ];
  });
}

interface Compared {
  oldReadByNew(sides: Sides): readonly Difference[];
  newReadByOld(sides: Sides): readonly Difference[];
}

const comparisons: Readonly<Record<SchemaType, (candidate: SchemaText) => (old: SchemaText) => Compared>> = {
  JSON: comparing(
    ({ schema, references }) => readJsonSchema(schema, references === undefined ? {} : { references }),
    differencesBetween,
  ),
  AVRO: comparing(
    ({ schema, references }) => readAvroSchema(schema, { references: [...(references?.values() ?? [])] }),
    avroDifferences,
  ),
};

function comparing<Read>(
  read: (text: SchemaText) => Read,
  differences: (writer: Read, reader: Read, sides: Sides) => readonly Difference[],
): (candidate: SchemaText) => (old: SchemaText) => Compared {
  return (candidate) => {
    const next = read(candidate);
    return (old) => {
      const before = read(old);
      return {
        oldReadByNew: (sides) => differences(before, next, sides),
        newReadByOld: (sides) => differences(next, before, sides),
      };
    };
  };
}

function of(direction: Incompatibility["direction"], version: number, differences: readonly Difference[]): Incompatibility[] {
  return differences.map((difference) => ({ ...difference, direction, version }));
}
