import { SchemaInvalid } from "../schema-invalid.ts";
import { describe, isRaw, joined, type Raw } from "../json-values.ts";
import { beginsResource, type Dialect, dialectOf, firstWithSiblings, keywordsOf } from "./drafts.ts";
import { inList, inMap, inOne } from "./places-of-schemas.ts";
import { SchemaKeywords } from "./schema-keywords.ts";
import {
  anything,
  type Conditional,
  type Contained,
  madeNode,
  nextNodeId,
  nothing,
  type SchemaNode,
  unrestricted,
} from "./schema-node.ts";
import { decoded, ofDrafts, resolved, schemaOfDrafts, splitUri } from "./schema-uris.ts";

export interface ReadOptions {
  /** Documents that may be referred to, by the names that `$ref` says. */
  readonly references?: ReadonlyMap<string, unknown>;
  /** Whether it is read as contracts are checked by it (see `keywordsOf`). Default: as its draft is written. */
  readonly isExecuted?: boolean;
}

/** Nothing legitimate is nested deeper; validators and parsers end before. */
const deepest = 500;
/** In all that is read for one: each takes a kilobyte or two, and one that is written to do harm has millions of them in its ten megabytes. */
const mostSchemas = 50_000;

/** Reads a JSON Schema of the drafts 4, 6, 7, 2019-09 or 2020-12. @throws SchemaInvalid */
export function readJsonSchema(schema: unknown, options: ReadOptions = {}): SchemaNode {
  const documents = new Map<string, Document>();
  const referring: SchemaNode[] = [];
  const { references = new Map<string, unknown>(), isExecuted = false } = options;
  const reading: Reading = { documents, referring, isExecuted, count: 0 };
  const root = new Document(schema, "", reading);
  documents.set("", root);
  for (const [name, referenced] of references) documents.set(name, new Document(referenced, name, reading));
  // All of it is read once, so that what is wrong anywhere is said here.
  for (const document of documents.values()) document.readAll();
  // What is referred to may refer to others: the list grows meanwhile.
  for (const node of referring) node.reference?.();
  return root.at("");
}

interface Reading {
  readonly documents: ReadonlyMap<string, Document>;
  /** Takes the schemas that refer to others. */
  readonly referring: SchemaNode[];
  readonly isExecuted: boolean;
  /** Of all documents. */
  count: number;
}

/** One document: its schemas by their pointers, and the names that it gives them. */
class Document {
  readonly #root: unknown;
  readonly #name: string;
  readonly #documents: ReadonlyMap<string, Document>;
  readonly #reading: Reading;
  readonly #nodes = new Map<string, SchemaNode>();
  /** Absolute URIs and their pointers. */
  readonly #named = new Map<string, string>();
  /** Names that a reference may find in several schemas: which one is meant depends on the way to it. Once for each schema. */
  readonly #dynamic: string[] = [];
  /** The base URI of each schema that has one of its own. */
  readonly #bases = new Map<string, string>();
  /** What each schema is written in: a resource in it may be in another dialect than the document. */
  readonly #dialects = new Map<string, Dialect>();

  constructor(root: unknown, name: string, reading: Reading) {
    this.#root = root;
    this.#name = name;
    this.#documents = reading.documents;
    this.#reading = reading;
    this.#index(root, "", name === "" ? "" : resolved("", name), this.#dialectOf(root), 0);
  }

  readAll(): void {
    for (const pointer of this.#bases.keys()) this.at(pointer);
  }

  at(pointer: string): SchemaNode {
    const known = this.#nodes.get(pointer);
    if (known !== undefined) return known;
    const raw = this.#lookUp(pointer);
    const shown = this.#name === "" ? pointer : `${this.#name}#${pointer}`;
    if (raw === true || raw === false) {
      const node = { ...(raw ? anything : nothing), id: nextNodeId(), pointer: shown };
      this.#nodes.set(pointer, node);
      return node;
    }
    if (!isRaw(raw)) throw new SchemaInvalid(shown, `is no schema, but ${describe(raw)}`);
    const dialect = nearest(this.#dialects, pointer) as Dialect;
    const node = this.#read(keywordsOf(raw, dialect, this.#reading.isExecuted), dialect.draft, pointer, shown);
    for (const each of [node, ...node.allOf]) if (each.reference !== null) this.#reading.referring.push(each);
    this.#nodes.set(pointer, node);
    return node;
  }

  #read(raw: Raw, draft: number, pointer: string, shown: string): SchemaNode {
    const reader = new SchemaKeywords(raw, shown);
    const child = (...path: (string | number)[]): SchemaNode => this.at(joined(pointer, ...path));
    const optional = (keyword: string): SchemaNode | null => (raw[keyword] === undefined ? null : child(keyword));
    const listed = (keyword: string): readonly SchemaNode[] | null => {
      const list = raw[keyword];
      if (list === undefined) return null;
      if (!Array.isArray(list) || list.length === 0) reader.refuse(keyword, "must be a list of schemas that is not empty");
      return (list as unknown[]).map((_, index) => child(keyword, index));
    };
    const named = (keyword: string): Map<string, SchemaNode> =>
      new Map(Object.keys(reader.object(keyword)).map((name) => [name, child(keyword, name)]));

    const target = typeof raw["$ref"] === "string" ? raw["$ref"] : null;
    let followed: SchemaNode | undefined;
    const reference = target === null ? null : () => (followed ??= this.#refer(target, pointer, shown));
    const common = { id: nextNodeId(), pointer: shown };
    const looking = {
      unevaluatedProperties: unevaluated(raw),
      opaque: new Map(
        ["unevaluatedProperties", "unevaluatedItems"]
          .filter((keyword) => raw[keyword] !== undefined && raw[keyword] !== true)
          .map((keyword) => [keyword, child(keyword)]),
      ),
    };
    if (reference !== null && draft < firstWithSiblings) return { ...unrestricted, ...common, ...looking, reference };

    const items = raw["items"];
    const isTuple = Array.isArray(items);
    const dependencies = this.#dependencies(reader, child);
    // Later drafts have it no more, and some validators do: it is asked for, and not counted on.
    const hasDependencies = draft < firstWithSiblings;
    const others = [
      ...this.#dynamicReferences(raw, pointer, shown),
      ...(raw["dependencies"] === undefined || hasDependencies
        ? []
        : [{ ...madeNode({ opaque: new Map([["dependencies", madeNode(dependencies)]]) }), pointer: shown }]),
    ];
    return {
      ...common,
      always: null,
      ...reader.types(),
      values: reader.values(),
      minimum: reader.bound("minimum", "exclusiveMinimum"),
      maximum: reader.bound("maximum", "exclusiveMaximum"),
      multipleOf: reader.positive("multipleOf"),
      minLength: reader.count("minLength", 0),
      maxLength: reader.count("maxLength", Number.POSITIVE_INFINITY),
      pattern: reader.pattern("pattern"),
      texts: reader.texts("format", "contentEncoding", "contentMediaType"),
      prefixItems: isTuple ? items.map((_, index) => child("items", index)) : (listed("prefixItems") ?? []),
      items: isTuple ? optional("additionalItems") : optional("items"),
      minItems: reader.count("minItems", 0),
      maxItems: reader.count("maxItems", Number.POSITIVE_INFINITY),
      uniqueItems: reader.flag("uniqueItems"),
      contains: contained(reader, optional("contains")),
      properties: named("properties"),
      patternProperties: new Map(
        [...named("patternProperties")].map(([text, node]) => [reader.regex("patternProperties", text), node]),
      ),
      additionalProperties: optional("additionalProperties"),
      propertyNames: optional("propertyNames"),
      minProperties: reader.count("minProperties", 0),
      maxProperties: reader.count("maxProperties", Number.POSITIVE_INFINITY),
      required: new Set(reader.names("required")),
      dependentRequired: new Map([
        ...Object.keys(reader.object("dependentRequired")).map(
          (name) => [name, new Set(reader.namesIn("dependentRequired", name))] as const,
        ),
        ...(hasDependencies ? dependencies.dependentRequired : []),
      ]),
      dependentSchemas: new Map([...named("dependentSchemas"), ...(hasDependencies ? dependencies.dependentSchemas : [])]),
      allOf: [...(listed("allOf") ?? []), ...others],
      anyOf: listed("anyOf"),
      oneOf: listed("oneOf"),
      not: optional("not"),
      conditional: conditionalOf(raw, draft, optional),
      reference,
      ...looking,
    };
  }

  #dependencies(
    reader: SchemaKeywords,
    child: (...path: string[]) => SchemaNode,
  ): Pick<SchemaNode, "dependentRequired" | "dependentSchemas"> {
    const given = Object.entries(reader.object("dependencies"));
    const [lists, schemas] = [given.filter(([, each]) => Array.isArray(each)), given.filter(([, each]) => !Array.isArray(each))];
    return {
      dependentRequired: new Map(lists.map(([name]) => [name, new Set(reader.namesIn("dependencies", name))])),
      dependentSchemas: new Map(schemas.map(([name]) => [name, child("dependencies", name)])),
    };
  }

  /** As other references, where one schema alone has the name; else it depends on the way to it which one is meant. */
  #dynamicReferences(raw: Raw, pointer: string, shown: string): SchemaNode[] {
    return ["$dynamicRef", "$recursiveRef"].flatMap((keyword) => {
      const target = raw[keyword];
      if (typeof target !== "string") return [];
      const name = splitUri(target)[1];
      const named = [...this.#documents.values()].flatMap((each) => each.#dynamic).filter((each) => each === name);
      const what =
        named.length > 1 ? { opaque: new Map([[keyword, null]]) } : { reference: () => this.#refer(target, pointer, shown) };
      return [{ ...madeNode(what), pointer: shown }];
    });
  }

  #refer(target: string, pointer: string, shown: string): SchemaNode {
    const uri = resolved(this.#baseOf(pointer), target);
    const found = this.#target(uri) ?? this.#target(target);
    if (found !== null) return found;
    const [name, fragment] = splitUri(target);
    const document = name === "" ? null : (this.#documents.get(name) ?? this.#documents.get(uri.split("#")[0] as string) ?? null);
    const elsewhere = document === null ? null : document.#target(fragment === "" ? "" : `#${fragment}`, true);
    if (elsewhere !== null) return elsewhere;
    if (ofDrafts.test(uri)) return schemaOfDrafts(uri);
    throw new SchemaInvalid(shown, `refers to ${JSON.stringify(target)}, which is not there`);
  }

  /** The schema that this URI names in this document. */
  #target(uri: string, isOfRoot = false): SchemaNode | null {
    const [base, fragment] = splitUri(uri);
    const named = this.#named.get(uri) ?? this.#named.get(fragment === "" ? base : uri);
    if (named !== undefined) return this.at(named);
    const start = isOfRoot || base === "" ? "" : this.#named.get(base);
    if (start === undefined) return null;
    if (fragment === "") return this.at(start);
    if (!fragment.startsWith("/")) {
      const anchor = this.#named.get(`${isOfRoot ? this.#baseOf("") : base}#${fragment}`);
      return anchor === undefined ? null : this.at(anchor);
    }
    const pointer = `${start}${decoded(fragment)}`;
    return this.#lookUp(pointer) === undefined ? null : this.at(pointer);
  }

  #dialectOf(schema: unknown): Dialect {
    return dialectOf(schema, (uri) => {
      const definitions = isRaw(this.#root) ? [this.#root["$defs"], this.#root["definitions"]] : [];
      const named = definitions.flatMap((each) => (isRaw(each) ? Object.values(each) : []));
      return named.find((each): each is Raw => isRaw(each) && each["$id"] === uri);
    });
  }

  #baseOf(pointer: string): string {
    return nearest(this.#bases, pointer) ?? "";
  }

  /** Finds the schemas, their base URIs and anchors. Values of `enum` and `const` and the like are none. */
  #index(raw: unknown, pointer: string, base: string, outer: Dialect, depth: number): void {
    if (depth > deepest) throw new SchemaInvalid(pointer, `is nested deeper than ${deepest} levels`);
    if ((this.#reading.count += 1) > mostSchemas) throw new SchemaInvalid(pointer, `is one of more than ${mostSchemas} schemas`);
    if (raw === true || raw === false) this.#bases.set(pointer, base);
    if (!isRaw(raw)) return;
    const named = typeof raw["$schema"] === "string" ? this.#dialectOf(raw) : outer;
    const isResource = beginsResource(raw, named.draft);
    const dialect = isResource ? named : outer;
    const { draft } = dialect;
    const id = raw["$id"] ?? (draft === 4 ? raw["id"] : undefined);
    const isHidden = raw["$ref"] !== undefined && draft < firstWithSiblings;
    const own = isResource ? resolved(base, id as string).replace(/#$/, "") : base;
    if (isResource) this.#named.set(own, pointer);
    else if (typeof id === "string" && id.startsWith("#") && !isHidden) this.#named.set(`${base}${id}`, pointer);
    for (const anchor of [raw["$anchor"], raw["$dynamicAnchor"]])
      if (typeof anchor === "string") this.#named.set(`${own}#${anchor}`, pointer);
    this.#bases.set(pointer, own);
    this.#dialects.set(pointer, dialect);
    const keywords = keywordsOf(raw, dialect, this.#reading.isExecuted);
    if (keywords["$recursiveAnchor"] === true) this.#dynamic.push("");
    if (typeof keywords["$dynamicAnchor"] === "string") this.#dynamic.push(keywords["$dynamicAnchor"]);
    for (const [keyword, value] of Object.entries(keywords)) {
      const place = joined(pointer, keyword);
      if (inOne.has(keyword) && !Array.isArray(value)) this.#index(value, place, own, dialect, depth + 1);
      else if (inList.has(keyword) && Array.isArray(value))
        for (const [index, each] of value.entries()) this.#index(each, joined(place, index), own, dialect, depth + 1);
      else if (inMap.has(keyword) && isRaw(value))
        for (const [name, each] of Object.entries(value))
          if (!Array.isArray(each)) this.#index(each, joined(place, name), own, dialect, depth + 1);
    }
  }

  #lookUp(pointer: string): unknown {
    let value = this.#root;
    for (const token of pointer.split("/").slice(1)) {
      const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
      if (Array.isArray(value)) value = value[Number(key)];
      else if (isRaw(value) && Object.hasOwn(value, key)) value = value[key];
      else return undefined;
    }
    return value;
  }
}

function conditionalOf(raw: Raw, draft: number, optional: (keyword: string) => SchemaNode | null): Conditional | null {
  const condition = optional("if");
  if (condition === null) return null;
  // By itself it restricts nothing, and what it looks at counts as evaluated, where drafts know of that.
  if (raw["then"] === undefined && raw["else"] === undefined && draft < firstWithSiblings) return null;
  return { if: condition, then: optional("then") ?? anything, else: optional("else") ?? anything };
}

/** What is said of the innermost schema around a place of which it is said. */
function nearest<Said>(said: ReadonlyMap<string, Said>, pointer: string): Said | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = said.get(at);
    if (found !== undefined || at === "") return found;
  }
}

function unevaluated({ unevaluatedProperties: said }: Raw): SchemaNode["unevaluatedProperties"] {
  if (said === undefined) return null;
  return said === false ? "refused" : "taken";
}

function contained(reader: SchemaKeywords, schema: SchemaNode | null): Contained | null {
  if (schema === null) return null;
  return { schema, min: reader.count("minContains", 1), max: reader.count("maxContains", Number.POSITIVE_INFINITY) };
}
