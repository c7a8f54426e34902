import type { JsonSchema } from "./json-schema.ts";
import { DESCRIBING, type SchemaDocument } from "./schema-document.ts";
import { mapSubschemas, subschemas } from "./schema-structure.ts";

/**
 * The schema for publishers: an object whose properties are named takes no others, unless the schema says outright what other
 * properties it takes.
 *
 * An object is closed where its value stands, never in a part that something else is added to: the parts of a composed object
 * (`allOf`, `anyOf`, `$ref` …) stay open, and `unevaluatedProperties` closes the whole. So every value whose properties are all
 * named somewhere stays valid.
 */
export function closedSchema(document: SchemaDocument): JsonSchema {
  if (document.hasDynamicRefs) return document.root;
  const tested = testedSchemas(document);
  const parts = partsOfOthers(document);

  const copy = (schema: JsonSchema, isPart: boolean): JsonSchema => {
    if (tested.has(schema)) return schema;
    const mapped = mapSubschemas(schema, (inner, kind) => (kind === "test" ? inner : copy(inner, kind === "branch")));
    return isPart || parts.has(schema) ? mapped : { ...mapped, ...closing(document, schema, parts) };
  };
  return copy(document.root, false);
}

export function closing(document: SchemaDocument, schema: JsonSchema, parts: ReadonlySet<JsonSchema>): JsonSchema {
  const isAlone = document.isReferenceAlone(schema);
  if (!isAlone && schema["additionalProperties"] !== undefined) return {};
  if (schema["unevaluatedProperties"] !== undefined || !document.namesProperties(schema)) return {};
  // What is named elsewhere nobody here can tell.
  if (document.refersElsewhere(schema)) return {};
  const target = document.targetOf(schema);
  const isComposed = document.branchesOf(schema).length > 0;
  if (target === undefined && !isComposed) return { additionalProperties: false };
  // A reference and nothing else: its target is closed by itself, unless it is also a part of something.
  if (target !== undefined && !isComposed && (isAlone || !addsToReference(schema)) && !parts.has(target)) return {};
  return { unevaluatedProperties: false };
}

/** The schemas that are referred to as a part of something that may have more properties. */
export function partsOfOthers(document: SchemaDocument): Set<JsonSchema> {
  const parts = new Set<JsonSchema>();
  const addTarget = (schema: JsonSchema): void => {
    const target = document.targetOf(schema);
    if (target === undefined || parts.has(target)) return;
    parts.add(target);
    addTarget(target);
  };
  for (const schema of document.pointers.keys()) {
    const branches = document.branchesOf(schema);
    for (const branch of branches) addTarget(branch.schema);
    if (branches.length > 0 || (addsToReference(schema) && !document.isReferenceAlone(schema))) addTarget(schema);
  }
  return parts;
}

function addsToReference(schema: JsonSchema): boolean {
  return DESCRIBING.some((keyword) => schema[keyword] !== undefined);
}

/**
 * The schemas that only tell whether something matches, in `not` and the like. Closing or opening one of them would turn its
 * meaning around, so they stay as they are, and so does what they refer to.
 */
export function testedSchemas(document: SchemaDocument): Set<JsonSchema> {
  const tested = new Set<JsonSchema>();
  const add = (schema: JsonSchema): void => {
    if (tested.has(schema)) return;
    tested.add(schema);
    const target = document.targetOf(schema);
    if (target !== undefined) add(target);
    for (const inner of subschemas(schema)) add(inner.schema);
  };
  for (const schema of document.pointers.keys()) {
    for (const inner of subschemas(schema)) if (inner.kind === "test") add(inner.schema);
  }
  return tested;
}
