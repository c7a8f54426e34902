import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import { DEFAULT_DIALECT } from "./schema-dialect.ts";
import { converterFor, MARK, type StandardConverter, typeBoxProblem } from "./schema-libraries.ts";
import { isSchema, mapSubschemas, propertyPointer } from "./schema-structure.ts";

export interface SchemaSource {
  /** Null when there is none, or not a whole one. */
  readonly schema: JsonSchema | null;
  readonly problems: readonly Problem[];
}

/** The JSON Schema of what a contract was given as the schema of its data. */
export function readSchemaSource(source: unknown): SchemaSource {
  try {
    const schema = convert(source);
    const problems = marksIn(schema, []);
    return { schema: problems.length === 0 ? schema : null, problems };
  } catch (error) {
    return { schema: null, problems: [{ pointer: "/data", message: `gives no JSON Schema: ${(error as Error).message}` }] };
  }
}

function convert(source: unknown): JsonSchema {
  const standard = (
    source as { readonly "~standard"?: { readonly vendor: string; readonly jsonSchema?: StandardConverter } } | null
  )?.["~standard"];
  if (standard === undefined) {
    if (!isSchema(source))
      throw new TypeError("it is no schema; give one of Zod, ArkType, Valibot or TypeBox, or a plain JSON Schema");
    return { $schema: DEFAULT_DIALECT, ...(plain(source) as JsonSchema) };
  }
  const { vendor, jsonSchema } = standard;
  if (jsonSchema === undefined) {
    throw new TypeError(
      vendor === "valibot"
        ? "wrap the schema, as in toStandardJsonSchema(schema) of @valibot/to-json-schema"
        : `this version of ${vendor} has no Standard JSON Schema; use a newer one, or give a plain JSON Schema`,
    );
  }
  return withoutDateTimePatterns(plain(converterFor(vendor)(source, jsonSchema)) as JsonSchema);
}

/** A deep copy as JSON, with marks where TypeBox hides what JSON Schema cannot express. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const problem = typeBoxProblem(value);
  const copy = Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined && typeof inner !== "function")
      .map(([key, inner]) => [key, plain(inner)]),
  );
  return problem === null ? copy : { ...copy, [MARK]: problem };
}

/** Libraries add a pattern that takes only the one way of writing a time that the library has in mind. */
function withoutDateTimePatterns(schema: JsonSchema): JsonSchema {
  const copy = mapSubschemas(schema, withoutDateTimePatterns);
  if (copy["format"] === "date-time") delete copy["pattern"];
  return copy;
}

function marksIn(value: unknown, path: readonly string[]): Problem[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => marksIn(child, [...path, key]));
  const mark = (value as JsonSchema)[MARK];
  return typeof mark === "string" ? [{ pointer: `/data${propertyPointer(path)}`, message: mark }, ...inner] : inner;
}
