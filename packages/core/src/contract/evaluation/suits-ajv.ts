import type { JsonSchema } from "../json-schema.ts";
import { type Dialect, dialectOf } from "../schema-dialect.ts";
import { isSchema, subschemas } from "../schema-structure.ts";

/**
 * Whether the code that Ajv makes of a schema is known to say what the specification says. It is for most: for all others there is
 * the evaluator. What Ajv gets wrong, each by the official suite or by comparison: references between resources, dynamic ones, and
 * those of draft-07 with something beside them; `contains`; what is unevaluated; `multipleOf` of large numbers and fractions;
 * names that every object of JavaScript has; equality of objects; `nullable` and `$async`, which no draft knows.
 */
export function suitsAjv(root: JsonSchema): boolean {
  const dialect = dialectOf(root["$schema"]);
  if (dialect === null) return false;
  const { $schema: _, $id: __, ...rest } = root;
  const pending: JsonSchema[] = [rest];
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    if (!suits(schema, dialect)) return false;
    pending.push(...subschemas(schema).map((inner) => inner.schema));
  }
  return true;
}

const ANNOTATIONS = new Set([
  "$comment",
  "$defs",
  "contentEncoding",
  "contentMediaType",
  "default",
  "definitions",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

/** Keywords and what else they need for that Ajv is right about them. */
const KEYWORDS: Readonly<Record<string, (value: unknown, schema: JsonSchema) => boolean>> = {
  type: always,
  format: always,
  pattern: always,
  minimum: always,
  maximum: always,
  exclusiveMinimum: always,
  exclusiveMaximum: always,
  minLength: always,
  maxLength: always,
  minItems: always,
  maxItems: always,
  minProperties: always,
  maxProperties: always,
  additionalProperties: always,
  propertyNames: always,
  allOf: always,
  anyOf: always,
  oneOf: always,
  not: always,
  if: always,
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: always,
  else: always,
  $ref: (value) => value === "#" || /^#\/(?:\$defs|definitions)\/[\w.-]+$/.test(String(value)),
  enum: (value) => Array.isArray(value) && value.length > 0 && value.every(isPlain),
  const: isPlain,
  items: (value) => !Array.isArray(value),
  uniqueItems: (value, { items }) => value === false || (isSchema(items) && PRIMITIVES.has(items["type"])),
  properties: (value) => isSchema(value) && Object.keys(value).every(isOrdinary),
  required: (value) => Array.isArray(value) && value.every(isOrdinary),
  dependentRequired: (value) =>
    isSchema(value) && Object.entries(value).every(([name, others]) => isOrdinary(name) && [others].flat().every(isOrdinary)),
};

const PRIMITIVES = new Set<unknown>(["string", "number", "integer", "boolean"]);

function suits(schema: JsonSchema, dialect: Dialect): boolean {
  const isHidden = dialect === "draft-07" && schema["$ref"] !== undefined;
  return Object.entries(schema).every(([keyword, value]) => {
    if (ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) return true;
    if (isHidden && keyword !== "$ref") return false;
    if (dialect === "draft-07" && keyword === "dependentRequired") return false;
    return Object.hasOwn(KEYWORDS, keyword) && KEYWORDS[keyword]?.(value, schema) === true;
  });
}

function always(): boolean {
  return true;
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isOrdinary(name: unknown): boolean {
  return typeof name === "string" && !(name in {});
}
