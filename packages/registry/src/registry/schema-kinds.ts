import { createHash } from "node:crypto";
import {
  type Comparison,
  comparisonOf,
  type CompatibilityPolicy,
  type SchemaText,
  type SchemaType,
  schemaTypes,
} from "../compatibility/check-compatibility.ts";
import { SchemaInvalid } from "../compatibility/schema-invalid.ts";
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

/** Deeper than any schema that is written by people, and not so deep that reading it ends the stack. */
const deepestText = 1_000;

/** How deep brackets are nested in a text of JSON. */
function depthOf(text: string): number {
  let [depth, deepest, isInString] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, (depth += 1));
    else if (character === "}" || character === "]") depth -= 1;
  }
  return deepest;
}

/** The parsed text of a schema. @throws RegistryError */
export function parsedText(text: string): unknown {
  if (text.length > largestSchema)
    throw new RegistryError("INVALID_SCHEMA", { what: `it has ${text.length} characters, and may have ${largestSchema}` });
  if (depthOf(text) > deepestText)
    throw new RegistryError("INVALID_SCHEMA", { what: `it is nested deeper than ${deepestText} levels` });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new RegistryError("INVALID_SCHEMA", { what: `it is no JSON: ${(error as Error).message}` });
  }
}

/** Reads a schema with all that it refers to, to be compared with others. @throws RegistryError */
export function readSchema(type: SchemaType, text: SchemaText, policy: CompatibilityPolicy): Comparison {
  try {
    return comparisonOf(type, text, policy);
  } catch (error) {
    if (error instanceof SchemaInvalid) throw new RegistryError("INVALID_SCHEMA", { what: error.message });
    throw error;
  }
}

/** Members in the order of their names, where the schema does not depend on it. */
export function normalized(text: string): string {
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, each]) => [name, ordered(each)]),
    );
  };
  return JSON.stringify(ordered(parsedText(text)));
}

/** The same for schemas that are registered as one: white space between their words means nothing. */
export function schemaIdentity({ type, text, references, metadata, ruleSet }: RegisteredSchema): string {
  const parts = [type, JSON.stringify(parsedText(text)), references, metadata ?? null, ruleSet ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}
