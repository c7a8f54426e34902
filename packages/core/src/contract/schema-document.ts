import type { JsonSchema } from "./json-schema.ts";
import { escapePointer, isSchema, pointerSegments, type Subschema, subschemas } from "./schema-structure.ts";

/** A JSON Schema with its references followed, and what it says about the properties of a value. */
export interface SchemaDocument {
  readonly root: JsonSchema;
  /** References that lead nowhere in the document, as they are written. */
  readonly danglingRefs: readonly string[];
  /** Whether a reference depends on where validation came from, so that nothing can be told of it beforehand. */
  readonly hasDynamicRefs: boolean;
  /** Where each schema stands in the document, as a JSON pointer. */
  readonly pointers: ReadonlyMap<JsonSchema, string>;
  targetOf(schema: JsonSchema): JsonSchema | undefined;
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
    if (test(schema)) return true;
    const holds = (inner: unknown): boolean => isSchema(inner) && always(inner, test, [...above, schema]);
    return (
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
    if (DESCRIBING.some((keyword) => schema[keyword] !== undefined)) return true;
    const names = (inner: unknown): boolean => isSchema(inner) && namesProperties(inner, [...above, schema]);
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
    targetOf,
    sameValue: (schema) => sameValue(schema),
    always: (schema, test) => always(schema, test),
    namesProperties: (schema) => namesProperties(schema),
  };
}

/** Keywords that say which properties an object has. */
export const DESCRIBING = ["properties", "patternProperties", "additionalProperties", "unevaluatedProperties"] as const;

export function branchesOf(schema: JsonSchema): Subschema[] {
  return subschemas(schema).filter(({ kind }) => kind === "branch");
}

function schemasIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function everyOf<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  return items.length > 0 && items.every(test);
}

interface Index {
  readonly targets: Map<JsonSchema, JsonSchema>;
  readonly pointers: Map<JsonSchema, string>;
  readonly dangling: string[];
  readonly dynamic: boolean;
}

const NO_BASE = "schema:/root";

/** Goes through the document once for its identifiers and references, then follows the references. */
function indexOf(root: JsonSchema): Index {
  const pointers = new Map<JsonSchema, string>();
  const resources = new Map<string, JsonSchema>();
  const references: { schema: JsonSchema; ref: string; uri: string }[] = [];
  let dynamic = false;

  const visit = (schema: JsonSchema, pointer: string, base: string): void => {
    pointers.set(schema, pointer);
    const id = schema["$id"];
    const here = typeof id === "string" ? resolveUri(id, base) : base;
    if (typeof id === "string") resources.set(here.replace(/#$/, ""), schema);
    const anchor = schema["$anchor"];
    if (typeof anchor === "string") resources.set(`${withoutFragment(here)}#${anchor}`, schema);
    const ref = schema["$ref"];
    if (typeof ref === "string") references.push({ schema, ref, uri: resolveUri(ref, withoutFragment(here)) });
    if (schema["$dynamicRef"] !== undefined || schema["$recursiveRef"] !== undefined) dynamic = true;
    for (const inner of subschemas(schema)) {
      visit(inner.schema, `${pointer}${inner.path.map((part) => `/${escapePointer(part)}`).join("")}`, withoutFragment(here));
    }
  };
  resources.set(NO_BASE, root);
  visit(root, "", NO_BASE);

  const targets = new Map<JsonSchema, JsonSchema>();
  const dangling: string[] = [];
  for (const { schema, ref, uri } of references) {
    const target = lookUp(resources, uri);
    // What a pointer finds off the beaten keywords is no part of the document that anything here looks after.
    if (target === undefined || !pointers.has(target)) dangling.push(ref);
    else targets.set(schema, target);
  }
  return { targets, pointers, dangling, dynamic };
}

function lookUp(resources: ReadonlyMap<string, JsonSchema>, uri: string): JsonSchema | undefined {
  const known = resources.get(uri.replace(/#$/, ""));
  if (known !== undefined) return known;
  const [resource = "", fragment = ""] = uri.split("#", 2);
  if (!fragment.startsWith("/")) return undefined;
  let target: unknown = resources.get(resource);
  for (const segment of pointerSegments(decodeURIComponent(fragment))) {
    const next: unknown =
      typeof target === "object" && target !== null ? (target as Record<string, unknown>)[segment] : undefined;
    target = next;
  }
  return isSchema(target) ? target : undefined;
}

function resolveUri(reference: string, base: string): string {
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference;
}

function withoutFragment(uri: string): string {
  return uri.split("#", 1)[0] as string;
}
