import { testedSchemas } from "./closed-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { isSchema, mapSubschemas, subschemas } from "./schema-structure.ts";

/**
 * The schema for readers: what refuses unknown properties beside named ones is left out, so that a reader ignores what a
 * newer publisher added. `oneOf` becomes `anyOf` where its alternatives are opened, for then more than one may match.
 * It takes every value that the schema takes.
 */
export function openSchema(document: SchemaDocument): JsonSchema {
  const tested = testedSchemas(document);
  const closed = new Set(
    [...document.pointers.keys()].filter((schema) => !tested.has(schema) && refusesOthers(document, schema).length > 0),
  );

  const isOpened = (schema: JsonSchema, seen = new Set<JsonSchema>()): boolean => {
    if (seen.has(schema)) return false;
    seen.add(schema);
    const target = document.targetOf(schema);
    return (
      closed.has(schema) ||
      (target !== undefined && isOpened(target, seen)) ||
      subschemas(schema).some((inner) => isOpened(inner.schema, seen))
    );
  };

  const copy = (schema: JsonSchema): JsonSchema => {
    if (tested.has(schema)) return schema;
    const mapped = mapSubschemas(schema, (inner, kind) => (kind === "test" ? inner : copy(inner)));
    for (const keyword of refusesOthers(document, schema)) delete mapped[keyword];
    const { oneOf } = schema;
    return Array.isArray(oneOf) && oneOf.some((branch) => isSchema(branch) && isOpened(branch)) ? withAnyOf(mapped) : mapped;
  };
  return copy(document.root);
}

/** The keywords by which a schema that names properties refuses others. */
function refusesOthers(document: SchemaDocument, schema: JsonSchema): string[] {
  const { additionalProperties, unevaluatedProperties, ...rest } = schema;
  const found: string[] = [];
  if (additionalProperties === false && rest["properties"] !== undefined) found.push("additionalProperties");
  if (unevaluatedProperties === false && (document.targetOf(schema) !== undefined || document.namesProperties(rest)))
    found.push("unevaluatedProperties");
  return found;
}

function withAnyOf({ oneOf, ...rest }: Record<string, unknown>): JsonSchema {
  if (rest["anyOf"] === undefined) return { ...rest, anyOf: oneOf };
  return { ...rest, allOf: [...(Array.isArray(rest["allOf"]) ? rest["allOf"] : []), { anyOf: oneOf }] };
}
