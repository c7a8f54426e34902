import { publisherValidator } from "../contract/contract-data.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import { type SchemaDocument, schemaDocument } from "../contract/schema-document.ts";
import { isSchema } from "../contract/schema-structure.ts";

const places = new WeakMap<JsonSchema, Place>();

/**
 * Data without the nulls that its contract takes nowhere at their place. Avro knows no property that is not there: what was left out
 * when it was published is read as null.
 */
export function withoutRefusedNulls(schema: JsonSchema, data: unknown): unknown {
  let root = places.get(schema);
  if (root === undefined) {
    const document = schemaDocument(schema);
    const validator = publisherValidator(schema);
    root = new Place(document, (inner) => validator.errorsBy(inner, null).length > 0, [schema]);
    places.set(schema, root);
  }
  return cleaned(root, data);
}

/** The same value where nothing is to be taken out. Each value is looked at once, however deep it stands. */
function cleaned(place: Place, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let items: unknown[] | null = null;
    for (let index = 0; index < value.length; index++) {
      const item = cleaned(place.item, value[index]);
      if (item !== value[index]) (items ??= [...(value as unknown[])])[index] = item;
    }
    return items ?? value;
  }
  let changed: Map<string, unknown> | null = null;
  for (const name of Object.keys(value)) {
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof inner !== "object") continue;
    const at = place.property(name);
    const left = inner === null && at.refusesNull ? refused : cleaned(at, inner);
    if (left !== inner) (changed ??= new Map<string, unknown>()).set(name, left);
  }
  return changed === null ? value : withChanges(value, changed);
}

const refused = Symbol("a null that is refused");

function withChanges(value: object, changed: ReadonlyMap<string, unknown>): unknown {
  const members = Object.entries(value).map(([name, inner]) => [name, changed.has(name) ? changed.get(name) : inner] as const);
  return Object.fromEntries(members.filter(([, inner]) => inner !== refused));
}

/** A place in data, and all that the schema says about what stands there. */
class Place {
  readonly #document: SchemaDocument;
  readonly #refuses: (schema: JsonSchema) => boolean;
  readonly #given: readonly unknown[];
  readonly #schemas: readonly JsonSchema[];
  readonly #properties = new Map<string, Place>();
  #refusesNull: boolean | undefined;
  #item: Place | undefined;
  #others: Place | undefined;

  constructor(document: SchemaDocument, refuses: (schema: JsonSchema) => boolean, given: readonly unknown[]) {
    this.#document = document;
    this.#refuses = refuses;
    this.#given = given;
    this.#schemas = [...new Set(given.filter(isSchema).flatMap((schema) => [...document.sameValue(schema)]))];
  }

  /** What nothing is said of may be anything. */
  get refusesNull(): boolean {
    return (this.#refusesNull ??=
      this.#given.length > 0 && this.#given.every((schema) => (isSchema(schema) ? this.#refuses(schema) : schema === false)));
  }

  get item(): Place {
    return (this.#item ??= this.#at(this.#schemas.flatMap(({ items, prefixItems }) => [items ?? [], prefixItems ?? []].flat())));
  }

  property(name: string): Place {
    const known = this.#properties.get(name);
    if (known !== undefined) return known;
    const named = this.#schemas.flatMap(({ properties }) =>
      isSchema(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [],
    );
    if (named.length === 0) return this.#other;
    const place = this.#at(named);
    this.#properties.set(name, place);
    return place;
  }

  /** Names that no schema has as its own could be any: they share a place. */
  get #other(): Place {
    return (this.#others ??= this.#at(
      this.#schemas.flatMap(({ patternProperties, additionalProperties }) => [
        ...(isSchema(patternProperties) ? Object.values(patternProperties) : []),
        ...(additionalProperties === undefined || additionalProperties === false ? [] : [additionalProperties]),
      ]),
    ));
  }

  #at(given: readonly unknown[]): Place {
    return new Place(this.#document, this.#refuses, given);
  }
}
