import { NO_BASE, resolveUri, splitUri } from "./evaluation/schema-uri.ts";
import { SchemaResources } from "./evaluation/schema-resources.ts";
import type { JsonSchema } from "./json-schema.ts";
import { dialectOf } from "./schema-dialect.ts";
import { isSchema } from "./schema-structure.ts";

/** Documents by the URIs at which they would be found. */
export type SchemaDocuments = Readonly<Record<string, JsonSchema | boolean>>;

/**
 * The schema with the documents that it refers to, and those that they refer to, among its definitions: a contract is whole by
 * itself, and nothing is fetched. A document that nobody refers to is left out; a reference to none of them stays as it is.
 */
export function bundledSchema(schema: JsonSchema, documents: SchemaDocuments): JsonSchema {
  const known = byIdentifier(documents, schema["$schema"]);
  const container = dialectOf(schema["$schema"]) === "draft-07" ? "definitions" : "$defs";
  const added = new Map<string, JsonSchema>();
  const whole = (): JsonSchema =>
    added.size === 0
      ? schema
      : { ...schema, [container]: { ...(schema[container] as object | undefined), ...Object.fromEntries(added) } };
  for (;;) {
    const missing = missingDocuments(whole()).filter((uri) => known.has(uri) && !added.has(uri));
    if (missing.length === 0) return whole();
    for (const uri of missing) added.set(uri, known.get(uri) as JsonSchema);
  }
}

/** Each document under the URI of its place, and under the one that it gives itself. */
function byIdentifier(documents: SchemaDocuments, $schema: unknown): Map<string, JsonSchema> {
  const known = new Map<string, JsonSchema>();
  for (const [place, document] of Object.entries(documents)) {
    const uri = splitUri(resolveUri(place, NO_BASE)).base;
    if (!isSchema(document)) {
      known.set(uri, { $id: uri, allOf: [document] });
      continue;
    }
    const { $id, $ref } = document;
    const own = typeof $id === "string" ? splitUri(resolveUri($id, uri)).base : uri;
    const isHidden = $ref !== undefined && dialectOf(document["$schema"] ?? $schema) === "draft-07";
    known.set(own, isHidden ? besideReference(document, own) : { ...document, $id: own });
    if (own !== uri) known.set(uri, { $id: uri, allOf: [{ $ref: own }] });
  }
  return known;
}

/** In draft-07 a reference hides whatever is beside it, and an identifier, too. */
function besideReference({ $schema, $ref, definitions, $defs }: JsonSchema, $id: string): JsonSchema {
  const kept = Object.entries({ $schema, definitions, $defs }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(kept), $id, allOf: [{ $ref }] };
}

/** The documents that references lead to, and are not there. */
function missingDocuments(schema: JsonSchema): string[] {
  const resources = new SchemaResources(schema);
  const missing = new Set<string>();
  const need = (reference: unknown, base: string): void => {
    if (typeof reference !== "string") return;
    const uri = splitUri(resolveUri(reference, base)).base;
    if (resources.resolve(uri, resources.root) === undefined) missing.add(uri);
  };
  for (const [{ $ref, $dynamicRef }, { resource, isInDocument }] of resources.locations) {
    if (!isInDocument) continue;
    need($ref, resource.uri);
    need($dynamicRef, resource.uri);
    need(resource.$schema, resource.uri);
  }
  return [...missing];
}
