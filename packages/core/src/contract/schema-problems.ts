import type { ErrorObject } from "ajv";
import { Evaluator } from "./evaluation/evaluator.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import { dialectOf } from "./schema-dialect.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { pointerSegments, propertyPointer, subschemas } from "./schema-structure.ts";
import { schemaErrors } from "./schema-validator.ts";

/** What is wrong with a schema by its own draft, and with its references. */
export function problemsOfSchema(document: SchemaDocument): Problem[] {
  const { root, resources, danglingRefs } = document;
  const unknown = [...resources.ofDocument()].filter((resource) => resources.rulesOf(resource) === null);
  if (unknown.length > 0)
    return unknown.map(({ $schema }) => ({
      pointer: "/data",
      message: `is written in ${JSON.stringify($schema)}; the drafts that can be used are 2020-12 and draft-07, and dialects of 2020-12 whose metaschema is given and requires no vocabulary of its own`,
    }));
  const bySchema = new Map<string, Problem>();
  for (const { instancePath, message } of errorsByMetaschema(document)) {
    const segments = pointerSegments(instancePath);
    // The first error at a place is the most telling; "anyOf" and the like follow.
    if (!bySchema.has(instancePath)) {
      bySchema.set(instancePath, {
        pointer: `/data${propertyPointer(segments)}`,
        message: `is no valid JSON Schema: "${segments.at(-1) ?? ""}" ${message ?? ""}`,
      });
    }
  }
  const dangling = danglingRefs.map((ref) => ({
    pointer: "/data",
    message: `refers to "${ref}", which is not in the schema; put it in its $defs, or give its document: { schemas: { uri: document } }`,
  }));
  const endless = endlessSchemas(document).map((schema) => ({
    pointer: `/data${propertyPointer(pointerSegments(document.pointers.get(schema) ?? ""))}`,
    message: `refers to itself for one and the same value, without end: ${JSON.stringify(schema["$ref"] ?? root["$id"] ?? "")}`,
  }));
  return [...bySchema.values(), ...dangling, ...endless];
}

function errorsByMetaschema({ root, resources }: SchemaDocument): readonly Pick<ErrorObject, "instancePath" | "message">[] {
  const { $schema, $defs } = root;
  const dialect = dialectOf($schema);
  if (dialect !== null) return schemaErrors(root, dialect);
  try {
    // By what it was given of its metaschema, and by nothing else of its own, which may be what is wrong.
    const metaschema = resources.metaschemaOf($schema)?.schema as JsonSchema;
    return new Evaluator({ $schema: metaschema["$schema"], $ref: $schema, $defs }).errors(root);
  } catch (error) {
    return [{ instancePath: "/$schema", message: `names a metaschema that cannot be used: ${(error as Error).message}` }];
  }
}

/** The references that come back to where they began before they have gone into the value. */
function endlessSchemas(document: SchemaDocument): JsonSchema[] {
  const done = new Set<JsonSchema>();
  const open = new Set<JsonSchema>();
  const found: JsonSchema[] = [];
  const visit = (schema: JsonSchema): void => {
    if (done.has(schema)) return;
    if (open.has(schema)) return void found.push(schema);
    open.add(schema);
    const target = document.targetOf(schema);
    if (target !== undefined) visit(target);
    if (!document.isReferenceAlone(schema))
      for (const { schema: inner, kind, keyword } of subschemas(schema))
        if (kind === "branch" || keyword === "not" || keyword === "if") visit(inner);
    open.delete(schema);
    done.add(schema);
  };
  for (const schema of document.pointers.keys()) visit(schema);
  return found;
}
