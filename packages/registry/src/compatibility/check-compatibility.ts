import { readAvroSchema } from "./avro/read-avro-schema.ts";
import { avroDifferences } from "./avro/resolution.ts";
import { deadline, type Difference, type Sides } from "./difference.ts";
import { differencesBetween } from "./json-schema/containment.ts";
import { inBothNumbers } from "./json-schema/in-both-numbers.ts";
import { lenientComparison } from "./json-schema/lenient-comparison.ts";
import { readJsonSchema } from "./json-schema/read-json-schema.ts";
import { protoDifferences } from "./protobuf/proto-differences.ts";
import { type ProtoSchema, readProtoSchema } from "./protobuf/read-proto-schema.ts";
import { SchemaInvalid } from "./schema-invalid.ts";

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

/**
 * How JSON Schemas are compared. `STRICT`: by their words. `LENIENT`: as events are used, where publishers write no property that is not
 * named, and readers ignore those; only an object that says which other properties it takes takes them. Other types have one way only.
 */
export const compatibilityPolicies = ["STRICT", "LENIENT"] as const;
export type CompatibilityPolicy = (typeof compatibilityPolicies)[number];

export const schemaTypes = ["JSON", "PROTOBUF", "AVRO"] as const;
export type SchemaType = (typeof schemaTypes)[number];

export interface SchemaText {
  /**
   * Parsed, by `JSON.parse` or in a way that keeps all digits of numbers: an object, an array (a union of Avro), a string (the name of a type), or a boolean (JSON Schema). For Protobuf the text of a
   * `.proto` file, or a `FileDescriptorProto` in base64.
   */
  readonly schema: unknown;
  /**
   * What it refers to, by name: JSON Schema's `$ref`, and the files that Protobuf imports. Avro finds the named types that these define, in
   * their order, each once.
   */
  readonly references?: ReadonlyMap<string, unknown>;
}

export interface CompatibilityCheck {
  readonly type: SchemaType;
  readonly level: CompatibilityLevel;
  /** Default: `STRICT`. */
  readonly policy?: CompatibilityPolicy;
  /** `name`: as sentences call it. Default: the new schema. */
  readonly candidate: SchemaText & { readonly name?: string };
  /** Oldest first. `name`: as sentences call it. Default: version 1, … */
  readonly versions: readonly (SchemaText & { readonly version: number; readonly name?: string })[];
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
export function checkCompatibility({
  type,
  level,
  policy = "STRICT",
  candidate,
  versions,
}: CompatibilityCheck): readonly Incompatibility[] {
  const next = comparisonOf(type, candidate, policy);
  const asked = versionsAskedFor(level, versions);
  return incompatibilities(
    next,
    level,
    asked.map((each) => ({
      version: each.version,
      schema: comparisonOf(type, each, policy),
      ...(each.name === undefined ? {} : { name: each.name }),
    })),
    candidate.name,
  );
}

/** Those that a new version must go with, the newest first. @param versions Oldest first. */
export function versionsAskedFor<Version>(level: CompatibilityLevel, versions: readonly Version[]): readonly Version[] {
  if (level === "NONE") return [];
  return level.endsWith("_TRANSITIVE") ? versions.toReversed() : versions.slice(-1);
}

/** A schema that was read, with what it takes to compare it with another of its type. */
export interface Comparison {
  /**
   * Why not all data of `old` can be read with this one.
   * @param endsAt When to give up, as `deadline()` has it: where several are compared, it is one for all. Default: its own.
   */
  reads(old: Comparison, sides: Sides, endsAt?: number): readonly Difference[];
}

/** @throws SchemaInvalid */
export function comparisonOf(type: SchemaType, text: SchemaText, policy: CompatibilityPolicy = "STRICT"): Comparison {
  const { schema, references } = text;
  if (type === "JSON") return inBothNumbers(text, policy === "LENIENT" ? lenientComparison : strictComparison);
  if (type === "PROTOBUF") {
    if (typeof schema !== "string") throw new SchemaInvalid("", "is no text of a .proto file");
    return protoComparison(readProtoSchema(schema, references === undefined ? {} : { references }));
  }
  return new Compared(readAvroSchema(schema, { references: [...new Set(references?.values())] }), avroDifferences);
}

function strictComparison({ schema, references }: SchemaText): Comparison {
  return new Compared(readJsonSchema(schema, references === undefined ? {} : { references }), differencesBetween);
}

/** JSON Schemas as contracts are checked by them, in the form of publishers or readers that they have. @throws SchemaInvalid */
export function executedComparison(schema: unknown): Comparison {
  return new Compared(readJsonSchema(schema, { isExecuted: true }), differencesBetween);
}

export function protoComparison(schema: ProtoSchema): Comparison {
  return new Compared(schema, protoDifferences);
}

class Compared<Read> implements Comparison {
  readonly #schema: Read;
  readonly #differences: (writer: Read, reader: Read, sides: Sides, endsAt?: number) => readonly Difference[];

  constructor(schema: Read, differences: (writer: Read, reader: Read, sides: Sides, endsAt?: number) => readonly Difference[]) {
    this.#schema = schema;
    this.#differences = differences;
  }

  reads(old: Compared<Read>, sides: Sides, endsAt?: number): readonly Difference[] {
    return this.#differences(old.#schema, this.#schema, sides, endsAt);
  }
}

/** @param asked The versions that the level asks for. */
export function incompatibilities(
  next: Comparison,
  level: CompatibilityLevel,
  asked: readonly { readonly version: number; readonly schema: Comparison; readonly name?: string }[],
  candidate = "the new schema",
): readonly Incompatibility[] {
  const endsAt = deadline();
  return asked.flatMap(({ version, schema: before, name: old = `version ${version}` }) => {
    const isFull = level.startsWith("FULL");
    return [
      ...(isFull || level.startsWith("BACKWARD")
        ? of("backward", version, next.reads(before, { reader: candidate, writer: old }, endsAt))
        : []),
      ...(isFull || level.startsWith("FORWARD")
        ? of("forward", version, before.reads(next, { reader: old, writer: candidate }, endsAt))
        : []),
    ];
  });
}

function of(direction: Incompatibility["direction"], version: number, differences: readonly Difference[]): Incompatibility[] {
  return differences.map((difference) => ({ ...difference, direction, version }));
}
