import { testedSchemas } from "./closed-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { isSchema, mapSubschemas } from "./schema-structure.ts";

/**
 * The schema for readers: what refuses unknown properties beside named ones is left out, so that a reader ignores what a
 * newer publisher added. `oneOf` of such objects becomes `anyOf`, for once they are open, more than one may match.
 */
export function openSchema(document: SchemaDocument): JsonSchema {
  const tested = testedSchemas(document);

  const copy = (schema: JsonSchema): JsonSchema => {
    if (tested.has(schema)) return schema;
    const mapped = mapSubschemas(schema, (inner, kind) => (kind === "test" ? inner : copy(inner)));
    if (mapped["additionalProperties"] === false && mapped["properties"] !== undefined) delete mapped["additionalProperties"];
    if (mapped["unevaluatedProperties"] === false && namesMore(document, schema)) delete mapped["unevaluatedProperties"];
    return anyOfInsteadOfOneOf(document, schema, mapped);
  };
  return copy(document.root);
}

/** Whether the schema names properties besides refusing others. */
function namesMore(document: SchemaDocument, { unevaluatedProperties: _, ...rest }: JsonSchema): boolean {
  return rest["properties"] !== undefined || rest["$ref"] !== undefined || document.namesProperties(rest);
}

function anyOfInsteadOfOneOf(document: SchemaDocument, { oneOf }: JsonSchema, mapped: Record<string, unknown>): JsonSchema {
  if (!Array.isArray(oneOf) || !oneOf.some((branch) => isSchema(branch) && document.namesProperties(branch))) return mapped;
  const { oneOf: anyOf, ...rest } = mapped;
  if (rest["anyOf"] === undefined) return { ...rest, anyOf };
  return { ...rest, allOf: [...(Array.isArray(rest["allOf"]) ? rest["allOf"] : []), { anyOf }] };
}
