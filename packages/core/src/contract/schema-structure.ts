import type { JsonSchema } from "./json-schema.ts";

/**
 * What a subschema says something about:
 * - `branch`: the same value as the schema it stands in;
 * - `position`: a value inside of it;
 * - `definition`: nothing until it is referred to;
 * - `test`: whether something matches, so that making it stricter or looser changes the meaning of what is around it.
 */
export type SubschemaKind = "branch" | "position" | "definition" | "test";

interface Applicator {
  readonly kind: SubschemaKind;
  /** What stands under the keyword: a schema, an array of schemas, or schemas by name. */
  readonly holds: "one" | "many" | "oneOrMany" | "named";
}

const APPLICATORS: Readonly<Record<string, Applicator>> = {
  allOf: { kind: "branch", holds: "many" },
  anyOf: { kind: "branch", holds: "many" },
  oneOf: { kind: "branch", holds: "many" },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { kind: "branch", holds: "one" },
  else: { kind: "branch", holds: "one" },
  dependentSchemas: { kind: "branch", holds: "named" },
  dependencies: { kind: "branch", holds: "named" },
  properties: { kind: "position", holds: "named" },
  patternProperties: { kind: "position", holds: "named" },
  additionalProperties: { kind: "position", holds: "one" },
  unevaluatedProperties: { kind: "position", holds: "one" },
  items: { kind: "position", holds: "oneOrMany" },
  prefixItems: { kind: "position", holds: "many" },
  additionalItems: { kind: "position", holds: "one" },
  unevaluatedItems: { kind: "position", holds: "one" },
  $defs: { kind: "definition", holds: "named" },
  definitions: { kind: "definition", holds: "named" },
  if: { kind: "test", holds: "one" },
  not: { kind: "test", holds: "one" },
  contains: { kind: "test", holds: "one" },
  propertyNames: { kind: "test", holds: "one" },
  contentSchema: { kind: "test", holds: "one" },
};

export interface Subschema {
  readonly kind: SubschemaKind;
  readonly keyword: string;
  /** Where it stands: the keyword, and the index or name under it. */
  readonly path: readonly string[];
  readonly schema: JsonSchema;
}

/** The schemas right inside a schema; those that are `true` or `false` are left out. */
export function subschemas(schema: JsonSchema): Subschema[] {
  const found: Subschema[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const applicator = applicatorOf(keyword);
    if (applicator === undefined) continue;
    const { kind } = applicator;
    if (holdsOne(applicator, value)) {
      if (isSchema(value)) found.push({ kind, keyword, path: [keyword], schema: value });
    } else if (isContainer(value)) {
      for (const [key, inner] of Object.entries(value))
        if (isSchema(inner)) found.push({ kind, keyword, path: [keyword, key], schema: inner });
    }
  }
  return found;
}

/** A copy with every schema right inside it replaced by what `change` makes of it. */
export function mapSubschemas(
  schema: JsonSchema,
  change: (inner: JsonSchema, kind: SubschemaKind) => JsonSchema,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const applicator = applicatorOf(keyword);
    const apply = (inner: unknown): unknown =>
      applicator !== undefined && isSchema(inner) ? change(inner, applicator.kind) : inner;
    if (applicator === undefined) copy[keyword] = value;
    else if (holdsOne(applicator, value)) copy[keyword] = apply(value);
    else if (Array.isArray(value)) copy[keyword] = value.map(apply);
    else if (isContainer(value))
      copy[keyword] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, apply(inner)]));
    else copy[keyword] = value;
  }
  return copy;
}

export function isSchema(value: unknown): value is JsonSchema {
  return isContainer(value) && !Array.isArray(value);
}

/**
 * The property that a place in a schema is about, as a JSON pointer, with `*` for any item and any name:
 * `properties`, `order`, `properties`, `total`, `type` is about `/order/total`.
 */
export function propertyPointer(schemaPath: readonly string[]): string {
  const names: string[] = [];
  for (let i = 0; i < schemaPath.length;) {
    const keyword = schemaPath[i++] as string;
    const applicator = applicatorOf(keyword);
    if (applicator === undefined) break;
    const index = /^\d+$/.test(schemaPath[i] ?? "");
    const key = applicator.holds === "one" || (applicator.holds === "oneOrMany" && !index) ? null : (schemaPath[i++] ?? null);
    if (applicator.kind === "position") names.push(keyword === "properties" ? (key ?? "*") : "*");
    else if (applicator.kind === "definition" && key !== null) names.push(key);
  }
  return names.map((name) => `/${escapePointer(name)}`).join("");
}

export function escapePointer(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

export function pointerSegments(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function applicatorOf(keyword: string): Applicator | undefined {
  return Object.hasOwn(APPLICATORS, keyword) ? APPLICATORS[keyword] : undefined;
}

function holdsOne({ holds }: Applicator, value: unknown): boolean {
  return holds === "one" || (holds === "oneOrMany" && !Array.isArray(value));
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
