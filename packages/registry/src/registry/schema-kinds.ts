import { createHash } from "node:crypto";
import {
  type Comparison,
  comparisonOf,
  protoComparison,
  type CompatibilityPolicy,
  type SchemaText,
  type SchemaType,
  schemaTypes,
} from "../compatibility/check-compatibility.ts";
import { isExactNumber, parseExactly, parseWithBigints } from "../compatibility/exact-json.ts";
import { deepestText, depthOf } from "../compatibility/json-depth.ts";
import { SchemaInvalid } from "../compatibility/schema-invalid.ts";
import { isDescriptor, type ProtoSchema, readProtoSchema } from "../compatibility/protobuf/read-proto-schema.ts";
import { RegistryError } from "./registry-error.ts";
import type { RegisteredSchema } from "./registry-store.ts";

/** The largest schema that is read. Bytes. */
const largestSchema = 10 * 1024 * 1024;

export function schemaTypeOf(name: unknown): SchemaType {
  const type = name ?? "AVRO";
  if (!schemaTypes.includes(type as SchemaType))
    throw new RegistryError("INVALID_SCHEMA", {
      what: `schema type ${JSON.stringify(name)} is not one of ${schemaTypes.join(", ")}`,
    });
  return type as SchemaType;
}

/** What the text of a schema says: parsed JSON, and of Protobuf the text. @throws RegistryError */
export function parsedText(type: SchemaType, text: string): unknown {
  if (text.length > largestSchema)
    throw new RegistryError("INVALID_SCHEMA", { what: `it has ${text.length} characters, and may have ${largestSchema}` });
  if (type === "PROTOBUF") return text;
  if (depthOf(text) > deepestText)
    throw new RegistryError("INVALID_SCHEMA", { what: `it is nested deeper than ${deepestText} levels` });
  try {
    return type === "AVRO" ? parseWithBigints(text) : parseExactly(text);
  } catch (error) {
    throw new RegistryError("INVALID_SCHEMA", { what: `it is no JSON: ${(error as Error).message}` });
  }
}

/** Reads a schema with all that it refers to, to be compared with others. @throws RegistryError */
export function readSchema(type: SchemaType, text: SchemaText, policy: CompatibilityPolicy): Comparison {
  return orInvalid(() => comparisonOf(type, text, policy));
}

/** @param references Of the schema: what Protobuf's names mean stands in them. */
export type References = () => Promise<ReadonlyMap<string, unknown>>;

/** What is kept of a schema, what says whether it is another one, and the schema itself if it had to be read for that. @throws RegistryError */
export async function keptText(
  type: SchemaType,
  text: string,
  isNormalized: boolean,
  references: References,
): Promise<{ readonly text: string; readonly says: string; readonly read: Comparison | null }> {
  parsedText(type, text);
  if (type === "PROTOBUF") {
    const schema = await protoSchema(text, references);
    const says = orInvalid(() => (isNormalized ? schema.normalized : schema.written));
    // A descriptor is shown as what it says, for those who read it.
    return { text: isNormalized || isDescriptor(text) ? says : text, says, read: protoComparison(schema) };
  }
  // Schemas whose numbers differ in any digit are not the same.
  const exact = parseExactly(text);
  if (!isNormalized) return { text, says: JSON.stringify(exact), read: null };
  const says = JSON.stringify(ordered(exact));
  return { text: says, says, read: null };
}

/** A `FileDescriptorProto` in base64, which clients ask for. @throws RegistryError */
export async function serializedProto(text: string, references: References): Promise<string> {
  const schema = await protoSchema(text, references);
  return Buffer.from(schema.bytes).toString("base64");
}

async function protoSchema(text: string, references: References): Promise<ProtoSchema> {
  const found = await references();
  return orInvalid(() => readProtoSchema(text, { references: found }));
}

function orInvalid<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SchemaInvalid) throw new RegistryError("INVALID_SCHEMA", { what: error.message });
    throw error;
  }
}

/** Members in the order of their names, where the schema does not depend on it. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, ordered(each)]),
  );
}

/** The same for schemas that are registered as one. @param says See `keptText`: white space between words means nothing. */
export function schemaIdentity({ type, references, metadata, ruleSet }: RegisteredSchema, says: string): string {
  const parts = [type, says, references, metadata ?? null, ruleSet ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}
