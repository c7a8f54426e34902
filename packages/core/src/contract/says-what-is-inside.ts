import type { JsonSchema } from "./json-schema.ts";
import { DESCRIBING, type SchemaDocument } from "./schema-document.ts";
import { isSchema } from "./schema-structure.ts";

const keywords = {
  object: DESCRIBING,
  array: ["items", "prefixItems", "additionalItems", "unevaluatedItems"],
} as const;

/** Whether a schema says, of every object or list that matches, what is inside: itself, or in each of its alternatives. */
export function saysWhatIsInside(
  document: SchemaDocument,
  schema: JsonSchema,
  kind: "object" | "array",
  above: readonly JsonSchema[] = [],
): boolean {
  if (above.includes(schema)) return false;
  const says = (inner: unknown): boolean => isSchema(inner) && saysWhatIsInside(document, inner, kind, [...above, schema]);
  if (document.isReferenceAlone(schema)) return says(document.targetOf(schema));
  if (keywords[kind].some((keyword) => schema[keyword] !== undefined)) return true;
  const inEach = (alternatives: unknown): boolean => {
    const possible = listed(alternatives).filter((each) => takes(document, each, kind));
    return possible.length > 0 && possible.every(says);
  };
  return (
    says(document.targetOf(schema)) ||
    listed(schema["allOf"]).some(says) ||
    inEach(schema["anyOf"]) ||
    inEach(schema["oneOf"]) ||
    (schema["if"] !== undefined && says(schema["then"]) && says(schema["else"]))
  );
}

/** Whether it may match a value of this kind, by its types. */
export function takes(document: SchemaDocument, schema: unknown, kind: "object" | "array"): boolean {
  if (!isSchema(schema)) return schema !== false;
  const target = document.targetOf(schema);
  const types = (document.isReferenceAlone(schema) ? [target] : [schema, target]).map((each) => each?.["type"]);
  return types.every((type) => (typeof type === "string" ? type === kind : !Array.isArray(type) || type.includes(kind)));
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
