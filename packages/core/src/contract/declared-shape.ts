import type { JsonSchema } from "./json-schema.ts";
import { DESCRIBING } from "./schema-document.ts";
import { isSchema } from "./schema-structure.ts";

/** Takes out of valid data what its schemas do not name. Its input is not changed. */
export type DeclaredPart = (value: unknown) => unknown;
/** All schemas that hold for one value. */
export type InPlace = readonly JsonSchema[];
type PartOf = (schemas: readonly JsonSchema[]) => DeclaredPart;

/** What schemas leave of an object or a list that all of them hold for. */
export function declaredShape(schemas: InPlace, partOf: PartOf): DeclaredPart {
  const ofObject = objectShape(schemas, partOf);
  const ofList = listShape(schemas, partOf);
  return (value) => (Array.isArray(value) ? ofList(value) : ofObject(value as Readonly<Record<string, unknown>>));
}

function objectShape(schemas: InPlace, partOf: PartOf): (value: Readonly<Record<string, unknown>>) => unknown {
  if (!schemas.some((schema) => DESCRIBING.some((keyword) => schema[keyword] !== undefined))) return (value) => value;
  const named = new Set(schemas.flatMap(({ properties }) => (isSchema(properties) ? Object.keys(properties) : [])));
  const parts = [...named].map((name) => ({ name, part: partOf(schemasOfProperty(schemas, name) ?? []) }));
  const takesOthers = schemas.some(
    ({ patternProperties, additionalProperties, unevaluatedProperties }) =>
      patternProperties !== undefined || (additionalProperties ?? false) !== false || (unevaluatedProperties ?? false) !== false,
  );
  return (value) => {
    const kept: Record<string, unknown> = {};
    for (const { name, part } of parts) if (Object.hasOwn(value, name)) put(kept, name, part(value[name]));
    if (!takesOthers) return kept;
    for (const [name, inner] of Object.entries(value)) {
      const others = named.has(name) ? null : schemasOfProperty(schemas, name);
      if (others !== null) put(kept, name, partOf(others)(inner));
    }
    return kept;
  };
}

/** What a property must be; null for one that nobody names or takes. */
function schemasOfProperty(schemas: InPlace, name: string): JsonSchema[] | null {
  const found: unknown[] = [];
  for (const { properties, patternProperties, additionalProperties } of schemas) {
    const before = found.length;
    if (isSchema(properties) && Object.hasOwn(properties, name)) found.push(properties[name]);
    if (isSchema(patternProperties))
      for (const [pattern, schema] of Object.entries(patternProperties))
        if (new RegExp(pattern, "u").test(name)) found.push(schema);
    if (found.length === before && (additionalProperties ?? false) !== false) found.push(additionalProperties);
  }
  if (found.length === 0)
    for (const { unevaluatedProperties: other } of schemas) if ((other ?? false) !== false) found.push(other);
  return found.length === 0 ? null : found.filter(isSchema);
}

function listShape(schemas: InPlace, partOf: PartOf): (value: readonly unknown[]) => unknown {
  const tuples = schemas.map(({ prefixItems, items, additionalItems }) => {
    const isTuple = Array.isArray(items);
    return {
      first: (Array.isArray(prefixItems) ? prefixItems : isTuple ? items : []) as readonly unknown[],
      rest: isTuple ? additionalItems : items,
    };
  });
  const longest = Math.max(0, ...tuples.map(({ first }) => first.length));
  const itemParts = Array.from({ length: longest + 1 }, (_, index) => {
    const found = tuples.map(({ first, rest }) => (index < first.length ? first[index] : rest)).filter(isSchema);
    const others = schemas.map(({ unevaluatedItems }) => unevaluatedItems).filter(isSchema);
    return partOf(found.length > 0 ? found : others);
  });
  return (value) => value.map((item, index) => (itemParts[Math.min(index, longest)] as DeclaredPart)(item));
}

/** A property named `__proto__` is one like any other. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
