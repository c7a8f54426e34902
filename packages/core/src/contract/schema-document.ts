import { SchemaResources } from "./evaluation/schema-resources.ts";
import type { JsonSchema } from "./json-schema.ts";
import { dialectOf } from "./schema-dialect.ts";
import { isSchema, type Subschema, subschemas } from "./schema-structure.ts";

/** A JSON Schema with its references followed, and what it says about the properties of a value. */
export interface SchemaDocument {
  readonly root: JsonSchema;
  /** References that lead nowhere in the document, as they are written. */
  readonly danglingRefs: readonly string[];
  /** Whether a reference depends on where validation came from, so that nothing can be told of it beforehand. */
  readonly hasDynamicRefs: boolean;
  /** Where each schema stands in the document, as a JSON pointer. */
  readonly pointers: ReadonlyMap<JsonSchema, string>;
  /** Its identifiers. */
  readonly resources: SchemaResources;
  targetOf(schema: JsonSchema): JsonSchema | undefined;
  /** Whether it refers to what is no schema of the document: one of the drafts' own, or `true` or `false`. */
  refersElsewhere(schema: JsonSchema): boolean;
  /** Whether it is a reference beside which nothing counts, as in draft-07. */
  isReferenceAlone(schema: JsonSchema): boolean;
  /** The parts of a composed schema. */
  branchesOf(schema: JsonSchema): Subschema[];
  /** Every schema that says something about the same value as this one, itself included. */
  sameValue(schema: JsonSchema): Set<JsonSchema>;
  /** Whether `test` holds for every value that matches: for the schema itself, or in each of its alternatives. */
  always(schema: JsonSchema, test: (schema: JsonSchema) => boolean): boolean;
  /** Whether the properties of an object that matches are named: by the schema, or by each alternative that takes objects. */
  namesProperties(schema: JsonSchema): boolean;
}

export function schemaDocument(root: JsonSchema): SchemaDocument {
  const index = indexOf(root);
  const targetOf = (schema: JsonSchema): JsonSchema | undefined => index.targets.get(schema);
  const isReferenceAlone = (schema: JsonSchema): boolean =>
    typeof schema["$ref"] === "string" && dialectOf(index.resources.locations.get(schema)?.resource.$schema) === "draft-07";
  const branchesOf = (schema: JsonSchema): Subschema[] =>
    isReferenceAlone(schema) ? [] : subschemas(schema).filter(({ kind }) => kind === "branch");

  function sameValue(schema: JsonSchema, found = new Set<JsonSchema>()): Set<JsonSchema> {
    if (found.has(schema)) return found;
    found.add(schema);
    const target = targetOf(schema);
    if (target !== undefined) sameValue(target, found);
    for (const branch of branchesOf(schema)) sameValue(branch.schema, found);
    return found;
  }

  function always(schema: JsonSchema, test: (schema: JsonSchema) => boolean, above: readonly JsonSchema[] = []): boolean {
    if (above.includes(schema)) return false;
    const holds = (inner: unknown): boolean => isSchema(inner) && always(inner, test, [...above, schema]);
    if (isReferenceAlone(schema)) return holds(targetOf(schema));
    return (
      test(schema) ||
      holds(targetOf(schema)) ||
      schemasIn(schema["allOf"]).some(holds) ||
      everyOf(schemasIn(schema["anyOf"]), holds) ||
      everyOf(schemasIn(schema["oneOf"]), holds) ||
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      (schema["if"] !== undefined && holds(schema["then"]) && holds(schema["else"]))
    );
  }

  function takesObjects(schema: unknown): boolean {
    if (!isSchema(schema)) return schema !== false;
    return !always(schema, ({ type, const: only, enum: some }) => {
      if (type !== undefined) return type !== "object" && !(Array.isArray(type) && type.includes("object"));
      if (only !== undefined) return !isSchema(only);
      return Array.isArray(some) && !some.some(isSchema);
    });
  }

  function namesProperties(schema: JsonSchema, above: readonly JsonSchema[] = []): boolean {
    if (above.includes(schema)) return false;
    const names = (inner: unknown): boolean => isSchema(inner) && namesProperties(inner, [...above, schema]);
    if (isReferenceAlone(schema)) return names(targetOf(schema));
    if (DESCRIBING.some((keyword) => schema[keyword] !== undefined)) return true;
    const alternatives = (keyword: string): boolean => everyOf(schemasIn(schema[keyword]).filter(takesObjects), names);
    return (
      names(targetOf(schema)) ||
      schemasIn(schema["allOf"]).some(names) ||
      alternatives("anyOf") ||
      alternatives("oneOf") ||
      (schema["if"] !== undefined && names(schema["then"]) && names(schema["else"]))
    );
  }

  return {
    root,
    danglingRefs: index.dangling,
    hasDynamicRefs: index.dynamic,
    pointers: index.pointers,
    resources: index.resources,
    targetOf,
    refersElsewhere: (schema) => index.foreign.has(schema),
    isReferenceAlone,
    branchesOf,
    sameValue: (schema) => sameValue(schema),
    always: (schema, test) => always(schema, test),
    namesProperties: (schema) => namesProperties(schema),
  };
}

/** Keywords that say which properties an object has. */
export const DESCRIBING = ["properties", "patternProperties", "additionalProperties", "unevaluatedProperties"] as const;

function schemasIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function everyOf<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  return items.length > 0 && items.every(test);
}

interface Index {
  readonly resources: SchemaResources;
  readonly targets: Map<JsonSchema, JsonSchema>;
  readonly pointers: Map<JsonSchema, string>;
  readonly foreign: Set<JsonSchema>;
  readonly dangling: string[];
  readonly dynamic: boolean;
}

/** Goes through the document once for its identifiers and references, then follows the references. */
function indexOf(root: JsonSchema): Index {
  const resources = new SchemaResources(root);
  const pointers = new Map([...resources.locations].map(([schema, { pointer }]) => [schema, pointer]));
  const targets = new Map<JsonSchema, JsonSchema>();
  const foreign = new Set<JsonSchema>();
  const dangling: string[] = [];
  let dynamic = false;
  // Those of the drafts are found on the way.
  for (const schema of pointers.keys()) {
    const { $ref, $dynamicRef } = schema;
    const resource = resources.locations.get(schema)?.resource ?? resources.root;
    if ($dynamicRef !== undefined || schema["$recursiveRef"] !== undefined) dynamic = true;
    if (typeof $dynamicRef === "string" && resources.resolve($dynamicRef, resource) === undefined) dangling.push($dynamicRef);
    if (typeof $ref !== "string") continue;
    const target = resources.resolve($ref, resource)?.schema;
    if (isSchema(target) && pointers.has(target)) targets.set(schema, target);
    else if (typeof target === "boolean" || (isSchema(target) && resources.locations.has(target))) foreign.add(schema);
    // What a pointer finds off the beaten keywords is no part of the document that anything here looks after.
    else dangling.push($ref);
  }
  return { resources, targets, pointers, foreign, dangling, dynamic };
}
