import type { JsonSchema } from "./json-schema.ts";
import { DESCRIBING, type SchemaDocument } from "./schema-document.ts";
import { subschemas } from "./schema-structure.ts";

/** The schemas by which a property is named, of the value itself or of one inside it. */
export function reachesProperties(document: SchemaDocument): ReadonlySet<JsonSchema> {
  const users = new Map<JsonSchema, JsonSchema[]>();
  const usedBy = (schema: JsonSchema, user: JsonSchema): void => void users.set(schema, [...(users.get(schema) ?? []), user]);
  for (const schema of document.pointers.keys()) {
    const target = document.targetOf(schema);
    if (target !== undefined) usedBy(target, schema);
    for (const inner of subschemas(schema)) if (inner.kind !== "test") usedBy(inner.schema, schema);
  }
  const found = new Set<JsonSchema>();
  const add = (schema: JsonSchema): void => {
    if (found.has(schema)) return;
    found.add(schema);
    for (const user of users.get(schema) ?? []) add(user);
  };
  for (const schema of document.pointers.keys()) if (DESCRIBING.some((keyword) => schema[keyword] !== undefined)) add(schema);
  return found;
}
