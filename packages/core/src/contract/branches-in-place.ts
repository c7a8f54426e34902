import type { InPlace } from "./declared-shape.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { takes } from "./says-what-is-inside.ts";
import { isSchema } from "./schema-structure.ts";
import type { SchemaValidator } from "./schema-validator.ts";

interface Branches {
  /** Whether they are the same for every value. */
  readonly isFixed: boolean;
  /** All schemas that hold for a valid value because these do: what they refer to, and the branches that it matches. */
  of(value: object): InPlace;
}

/** Follows references and `allOf`, and asks of other branches which ones a value matches. */
export function branchesInPlace(
  document: SchemaDocument,
  validator: SchemaValidator,
): (schemas: readonly JsonSchema[]) => Branches {
  const holds = (schema: unknown, value: object): boolean =>
    isSchema(schema) ? validator.errorsBy(schema, value).length === 0 : schema !== false;

  const add = (schema: unknown, value: object, found: Set<JsonSchema>): void => {
    if (!isSchema(schema) || found.has(schema)) return;
    found.add(schema);
    add(document.targetOf(schema), value, found);
    if (document.isReferenceAlone(schema)) return;
    for (const each of listed(schema["allOf"])) add(each, value, found);
    for (const keyword of ["anyOf", "oneOf"]) {
      const possible = listed(schema[keyword]).filter((each) => mayMatch(document, each, value));
      // The value is valid: where only one branch is left, it is that one.
      for (const each of possible) if (possible.length === 1 || holds(each, value)) add(each, value, found);
    }
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    const { if: condition, then, else: otherwise } = schema;
    if (condition !== undefined) add(holds(condition, value) ? then : otherwise, value, found);
    for (const keyword of ["dependentSchemas", "dependencies"])
      for (const [name, each] of Object.entries(schema[keyword] ?? {})) if (Object.hasOwn(value, name)) add(each, value, found);
  };

  return (schemas) => ({
    isFixed: isFixed(document, schemas),
    of(value) {
      const found = new Set<JsonSchema>();
      for (const schema of schemas) add(schema, value, found);
      return [...found].filter((schema) => !document.isReferenceAlone(schema));
    },
  });
}

const choosing = ["anyOf", "oneOf", "if", "dependentSchemas", "dependencies"] as const;

function isFixed(document: SchemaDocument, schemas: readonly unknown[], seen = new Set<unknown>()): boolean {
  return schemas.every((schema) => {
    if (!isSchema(schema) || seen.has(schema)) return true;
    seen.add(schema);
    if (choosing.some((keyword) => schema[keyword] !== undefined)) return false;
    return isFixed(document, [document.targetOf(schema), ...listed(schema["allOf"])], seen);
  });
}

/** Tells at a glance that a branch cannot match, by types and by constant properties. */
function mayMatch(document: SchemaDocument, branch: unknown, value: object): boolean {
  if (!takes(document, branch, Array.isArray(value) ? "array" : "object")) return false;
  if (!isSchema(branch) || Array.isArray(value)) return true;
  const { properties } = document.targetOf(branch) ?? branch;
  if (!isSchema(properties)) return true;
  return Object.entries(properties).every(([name, property]) => {
    const wanted = isSchema(property) ? property["const"] : undefined;
    const isSimple = typeof wanted === "string" || typeof wanted === "number" || typeof wanted === "boolean";
    return !isSimple || !Object.hasOwn(value, name) || (value as Readonly<Record<string, unknown>>)[name] === wanted;
  });
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
