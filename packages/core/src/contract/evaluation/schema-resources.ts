import type { JsonSchema } from "../json-schema.ts";
import { dialectOf } from "../schema-dialect.ts";
import { escapePointer, isSchema, pointerSegments, subschemas } from "../schema-structure.ts";
import { type DialectRules, rulesOfMetaschema, standardRules } from "./dialect.ts";
import { metaschema } from "./metaschemas.ts";
import { NO_BASE, resolveUri, splitUri } from "./schema-uri.ts";

/** A schema with an identifier of its own, and what is inside of it up to the next one. */
export interface Resource {
  readonly uri: string;
  readonly root: JsonSchema;
  /** By its plain names, those of `$dynamicAnchor` too. */
  readonly anchors: Map<string, JsonSchema>;
  readonly dynamicAnchors: Map<string, JsonSchema>;
  /** `$schema`, its own or of what it stands in. */
  readonly $schema: unknown;
}

export interface Location {
  /** In its document, as a JSON pointer. */
  readonly pointer: string;
  readonly resource: Resource;
  /** Whether it stands in the document that was given, and not in a schema of a draft. */
  readonly isInDocument: boolean;
}

/** Where a reference leads. */
export interface Target {
  readonly schema: JsonSchema | boolean;
  readonly resource: Resource;
}

/** The identifiers of a document, by the rules of the draft that each of its schemas is written in. */
export class SchemaResources {
  readonly root: Resource;
  readonly locations = new Map<JsonSchema, Location>();
  readonly #byUri = new Map<string, Resource>();
  readonly #rules = new Map<Resource, DialectRules | null>();

  constructor(root: JsonSchema) {
    const id = identifierOf(root, root["$schema"]);
    this.root = this.#resource(root, id === null ? NO_BASE : splitUri(resolveUri(id, NO_BASE)).base, root["$schema"]);
    this.#visit(root, { pointer: "", resource: this.root, isInDocument: true });
  }

  /** Null for a dialect that is not known here. */
  rulesOf(resource: Resource): DialectRules | null {
    let rules = this.#rules.get(resource);
    if (rules === undefined) this.#rules.set(resource, (rules = this.#rulesNamed(resource.$schema)));
    return rules;
  }

  /** Undefined for what stands neither in the document nor in a schema of the drafts. */
  resolve(reference: string, from: Resource): Target | undefined {
    const { base, fragment } = splitUri(resolveUri(reference, from.uri));
    const resource = this.#byUri.get(base) ?? this.#known(base);
    if (resource === undefined) return undefined;
    if (fragment === "") return { schema: resource.root, resource };
    if (fragment.startsWith("/")) return this.#at(resource, fragment);
    const schema = resource.anchors.get(fragment);
    return schema === undefined ? undefined : { schema, resource };
  }

  /** The schemas that a `$dynamicRef` may lead to, wherever it stands. */
  dynamicTargets(): Target[] {
    return [...this.#byUri.values()].flatMap((resource) =>
      [...resource.dynamicAnchors.values()].map((schema) => ({ schema, resource })),
    );
  }

  /** Those of the document, not those of the drafts. */
  ofDocument(): ReadonlySet<Resource> {
    return new Set([...this.locations.values()].filter(({ isInDocument }) => isInDocument).map(({ resource }) => resource));
  }

  /** The metaschema of this name, from the document or the drafts. */
  metaschemaOf($schema: unknown): Target | undefined {
    return typeof $schema === "string" ? this.resolve($schema, this.root) : undefined;
  }

  #rulesNamed($schema: unknown): DialectRules | null {
    const dialect = dialectOf($schema);
    if (dialect !== null) return standardRules[dialect];
    const named = this.metaschemaOf($schema);
    return named === undefined || !isSchema(named.schema) ? null : rulesOfMetaschema(named.schema);
  }

  #resource(root: JsonSchema, uri: string, $schema: unknown): Resource {
    const resource = { uri, root, anchors: new Map(), dynamicAnchors: new Map(), $schema };
    this.#byUri.set(uri, resource);
    return resource;
  }

  #known(uri: string): Resource | undefined {
    const schema = metaschema(uri);
    if (schema === undefined) return undefined;
    const resource = this.#resource(schema, uri, schema["$schema"]);
    this.#visit(schema, { pointer: "", resource, isInDocument: false });
    return resource;
  }

  #visit(schema: JsonSchema, location: Location): void {
    this.locations.set(schema, location);
    const { resource } = location;
    for (const [name, isDynamic] of anchorsOf(schema, resource.$schema)) {
      resource.anchors.set(name, schema);
      if (isDynamic) resource.dynamicAnchors.set(name, schema);
    }
    for (const { schema: inner, path } of subschemas(schema)) {
      const pointer = `${location.pointer}${path.map((part) => `/${escapePointer(part)}`).join("")}`;
      const $schema = inner["$schema"] ?? resource.$schema;
      const id = identifierOf(inner, $schema);
      const own = id === null ? resource : this.#resource(inner, splitUri(resolveUri(id, resource.uri)).base, $schema);
      this.#visit(inner, { ...location, pointer, resource: own });
    }
  }

  /** What a pointer finds, also where nobody looks for schemas. */
  #at(start: Resource, pointer: string): Target | undefined {
    let resource = start;
    let found: unknown = start.root;
    for (const segment of pointerSegments(pointer)) {
      if (typeof found !== "object" || found === null || !Object.hasOwn(found, segment)) return undefined;
      found = (found as Readonly<Record<string, unknown>>)[segment];
      resource = (isSchema(found) ? this.locations.get(found)?.resource : undefined) ?? resource;
    }
    return isSchema(found) || typeof found === "boolean" ? { schema: found, resource } : undefined;
  }
}

/** The `$id` by which a schema begins a resource of its own. In draft-07 a reference hides it, and one that begins with # is an anchor. */
function identifierOf(schema: JsonSchema, $schema: unknown): string | null {
  const { $id } = schema;
  if (typeof $id !== "string") return null;
  if (dialectOf($schema) !== "draft-07") return $id;
  return schema["$ref"] !== undefined || $id.startsWith("#") ? null : $id;
}

function anchorsOf(schema: JsonSchema, $schema: unknown): [name: string, isDynamic: boolean][] {
  if (dialectOf($schema) === "draft-07") {
    const { $id } = schema;
    return typeof $id === "string" && /^#./.test($id) && schema["$ref"] === undefined ? [[$id.slice(1), false]] : [];
  }
  const found: [string, boolean][] = [];
  for (const keyword of ["$anchor", "$dynamicAnchor"]) {
    const name = schema[keyword];
    if (typeof name === "string") found.push([name, keyword === "$dynamicAnchor"]);
  }
  return found;
}
