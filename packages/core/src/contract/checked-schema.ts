import { closedSchema } from "./closed-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import { type SchemaDocument, schemaDocument } from "./schema-document.ts";
import { problemsOfSchema } from "./schema-problems.ts";

interface Checks {
  /** What else is asked of the schema. */
  readonly also: (document: SchemaDocument) => readonly Problem[];
  /** Compiles the schema for publishers. Throws Ajv's error. */
  readonly compile: (closed: JsonSchema, document: SchemaDocument) => unknown;
}

/** The schema for publishers, compiled; null when there is something wrong with it, which is added to the problems. */
export function checkedSchema(schema: JsonSchema, problems: Problem[], { also, compile }: Checks): JsonSchema | null {
  const document = schemaDocument(schema);
  const found = problemsOfSchema(document);
  problems.push(...found, ...also(document));
  if (found.length > 0) return null;
  try {
    const closed = closedSchema(document);
    compile(closed, document);
    return closed;
  } catch (error) {
    problems.push({ pointer: "/data", message: `cannot be compiled: ${(error as Error).message}` });
    return null;
  }
}
