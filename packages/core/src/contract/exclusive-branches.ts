import { closing, partsOfOthers, testedSchemas } from "./closed-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { isSchema, subschemas } from "./schema-structure.ts";

/**
 * Whether the closed form may take a value that the schema itself refuses, for two branches of a `oneOf` match it: what is inside of
 * them is closed, and the value may have something there that only one of them names.
 */
export function loosensOneOf(document: SchemaDocument): boolean {
  const tested = testedSchemas(document);
  const parts = partsOfOthers(document);
  const isClosed = (schema: JsonSchema): boolean =>
    !parts.has(schema) && Object.keys(closing(document, schema, parts)).length > 0;
  const closesInside = (schema: JsonSchema, isPart: boolean, seen: Set<JsonSchema>): boolean => {
    if (tested.has(schema) || (!isPart && isClosed(schema))) return !tested.has(schema);
    if (seen.has(schema)) return false;
    seen.add(schema);
    const target = document.targetOf(schema);
    return (
      (target !== undefined && closesInside(target, isPart, seen)) ||
      subschemas(schema).some(({ schema: inner, kind }) => kind !== "test" && closesInside(inner, kind === "branch", seen))
    );
  };
  return [...document.pointers.keys()].some((schema) => {
    const branches = Array.isArray(schema["oneOf"]) ? (schema["oneOf"] as unknown[]).filter(isSchema) : [];
    if (tested.has(schema) || branches.length < 2 || areApart(document, branches)) return false;
    return branches.some((branch) => closesInside(branch, true, new Set()));
  });
}

/** Whether it can be seen that no value matches two of them. */
function areApart(document: SchemaDocument, branches: readonly JsonSchema[]): boolean {
  return branches.every((branch, index) => branches.slice(index + 1).every((other) => isApart(document, branch, other)));
}

/** By their types, or by a property that both must have and in which they have other constants. */
function isApart(document: SchemaDocument, a: JsonSchema, b: JsonSchema): boolean {
  const [left, right] = [saidOf(document, a), saidOf(document, b)];
  const { types } = right;
  if (left.types !== null && types !== null && ![...left.types].some((type) => types.has(type))) return true;
  return [...left.constants].some(([name, value]) => right.constants.has(name) && right.constants.get(name) !== value);
}

interface Said {
  readonly types: ReadonlySet<unknown> | null;
  /** Of an object: its properties that must be there and are one text, number or truth value. */
  readonly constants: ReadonlyMap<string, unknown>;
}

function saidOf(document: SchemaDocument, branch: JsonSchema): Said {
  const schema =
    document.isReferenceAlone(branch) || branch["type"] === undefined ? (document.targetOf(branch) ?? branch) : branch;
  const { type, properties, required } = schema;
  const types = type === undefined ? null : new Set([type].flat().map((each) => (each === "integer" ? "number" : each)));
  const isObject = types !== null && types.size === 1 && types.has("object");
  const names = isObject && isSchema(properties) && Array.isArray(required) ? (required as string[]) : [];
  const constants = names.flatMap((name): [string, unknown][] => {
    const property: unknown = Object.hasOwn(properties as object, name) ? (properties as JsonSchema)[name] : undefined;
    const value = isSchema(property) ? property["const"] : undefined;
    return ["string", "number", "boolean"].includes(typeof value) ? [[name, value]] : [];
  });
  return { types, constants: new Map(constants) };
}
