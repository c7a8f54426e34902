import type { JsonSchema } from "throughline/contracts";
import { docComment } from "./doc-comment.ts";
import { isIdentifier, pascalCase } from "./names.ts";

/**
 * The TypeScript of a JSON Schema: a declaration named `name`, and one for each schema that it refers to. What TypeScript cannot say
 * (formats, bounds) stands in comments; what JSON Schema does not say is `unknown`.
 * @param personal Paths of properties that hold personal data, which their comments say.
 */
export function schemaToTypeScript(name: string, schema: JsonSchema, personal: readonly string[] = []): string {
  return new TypeWriter(name, schema, personal).write();
}

class TypeWriter {
  readonly #name: string;
  readonly #root: JsonSchema;
  readonly #personal: ReadonlySet<string>;
  /** Of what is referred to; null while its declaration is being written. */
  readonly #declared = new Map<JsonSchema, { readonly name: string; text: string | null }>();
  /** The one that references are looked up in: the whole, or one of those that are bundled with it. */
  #document: JsonSchema;

  constructor(name: string, root: JsonSchema, personal: readonly string[]) {
    this.#name = name;
    this.#root = root;
    this.#document = root;
    this.#personal = new Set(personal);
  }

  write(): string {
    const root = this.#declaration(this.#name, this.#root, "");
    return [root, ...[...this.#declared.values()].map(({ text }) => text ?? "")].join("\n");
  }

  #declaration(name: string, schema: JsonSchema, path: string): string {
    const doc = docComment(schema, { indent: "" });
    const isPlain = isObjectSchema(schema) && !isComposed(schema);
    const type = this.#type(schema, "", path);
    return isPlain && type.startsWith("{")
      ? `${doc}export interface ${name} ${type}\n`
      : `${doc}export type ${name} = ${type};\n`;
  }

  /** @param path Of the property that it is about, as `personal` names it. */
  #type(schema: unknown, indent: string, path: string): string {
    if (schema === false) return "never";
    if (!isSchema(schema)) return "unknown";
    const parts = this.#parts(schema, indent, path);
    if (parts.length === 0) return "unknown";
    return parts.length === 1 ? (parts[0] as string) : parts.map(inBrackets).join(" & ");
  }

  /** What all holds of a value. */
  #parts(schema: JsonSchema, indent: string, path: string): string[] {
    const parts: string[] = [];
    const { $ref: reference, const: only, enum: some, allOf } = schema;
    if (typeof reference === "string") parts.push(this.#reference(reference));
    if (only !== undefined) parts.push(literal(only));
    else if (Array.isArray(some)) parts.push(union(some.map(literal)));
    else {
      const own = this.#ofTypes(schema, indent, path);
      if (own !== null) parts.push(own);
    }
    if (Array.isArray(allOf)) parts.push(...allOf.map((each) => this.#type(each, indent, path)));
    for (const keyword of ["anyOf", "oneOf"]) {
      const choices = schema[keyword];
      if (Array.isArray(choices)) parts.push(union(choices.map((each) => this.#type(each, indent, path))));
    }
    return [...new Set(parts)].filter((part) => part !== "unknown");
  }

  #reference(reference: string): string {
    if (reference === "#" && this.#document === this.#root) return this.#name;
    const isInside = reference.startsWith("#");
    const document = isInside ? this.#document : bundledDocument(this.#root, reference);
    const target = document === undefined || !isInside || reference === "#" ? document : lookUp(document, reference);
    if (document === undefined || target === undefined) return "unknown";
    if (!isSchema(target)) return this.#type(target, "", "");
    const known = this.#declared.get(target);
    if (known !== undefined) return known.name;
    const taken = new Set([this.#name, ...[...this.#declared.values()].map((each) => each.name)]);
    const wanted = `${this.#name}${pascalCase(reference.split("/").at(-1) ?? "")}`;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}${number}`;
    const declared: { readonly name: string; text: string | null } = { name, text: null };
    this.#declared.set(target, declared);
    const outside = this.#document;
    this.#document = document;
    declared.text = this.#declaration(name, target, "");
    this.#document = outside;
    return name;
  }

  /** By `type`, or by the keywords that say what it is; null where nothing does. */
  #ofTypes(schema: JsonSchema, indent: string, path: string): string | null {
    const { type } = schema;
    const names = Array.isArray(type) ? (type as unknown[]) : type === undefined ? [] : [type];
    if (names.length === 0) {
      if (isObjectSchema(schema)) return this.#object(schema, indent, path);
      if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return this.#array(schema, indent, path);
      return null;
    }
    return union(
      names.map((name) => {
        if (name === "object") return this.#object(schema, indent, path);
        if (name === "array") return this.#array(schema, indent, path);
        return name === "integer" ? "number" : String(name);
      }),
    );
  }

  #object(schema: JsonSchema, indent: string, path: string): string {
    const { properties, required, additionalProperties, patternProperties } = schema;
    const deeper = `${indent}  `;
    const needed = new Set(Array.isArray(required) ? (required as unknown[]) : []);
    const members: string[] = [];
    const named = isSchema(properties) ? Object.entries(properties) : [];
    for (const [name, inner] of named) {
      const place = path === "" ? name : `${path}.${name}`;
      const doc = isSchema(inner) ? docComment(inner, { indent: deeper, isPersonal: this.#personal.has(place) }) : "";
      const key = isIdentifier(name) ? name : JSON.stringify(name);
      members.push(`${doc}${deeper}${key}${needed.has(name) ? "" : "?"}: ${this.#type(inner, deeper, place)};`);
    }
    // What is required and described nowhere must still be there.
    const undescribed = [...needed].filter((name) => !named.some(([each]) => each === name));
    for (const name of undescribed)
      members.push(`${deeper}${isIdentifier(String(name)) ? String(name) : JSON.stringify(name)}: unknown;`);
    const others = this.#others(additionalProperties, patternProperties, members.length > 0, deeper, path);
    if (others !== null) members.push(`${deeper}[name: string]: ${others};`);
    return `{\n${members.join("\n")}\n${indent}}`;
  }

  /** Properties that are not named: those that the schema says it takes. Beside named ones of other types they can only be `unknown`. */
  #others(additional: unknown, patterns: unknown, hasNamed: boolean, indent: string, path: string): string | null {
    const ofPatterns = isSchema(patterns) ? Object.values(patterns) : [];
    const isClosed = additional === undefined || additional === false;
    if (isClosed && ofPatterns.length === 0) return hasNamed || additional === false ? null : "unknown";
    if (hasNamed) return "unknown";
    return union([...ofPatterns, ...(isClosed ? [] : [additional])].map((each) => this.#type(each, indent, path)));
  }

  #array(schema: JsonSchema, indent: string, path: string): string {
    const { items, prefixItems, additionalItems, minItems } = schema;
    const first = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
    const rest = Array.isArray(items) ? additionalItems : items;
    const other = rest === undefined ? "unknown" : this.#type(rest, indent, path);
    if (first.length === 0) return `${inBrackets(other)}[]`;
    const least = typeof minItems === "number" ? minItems : 0;
    const places = first.map((each, index) => {
      const type = this.#type(each, indent, path);
      return index < least ? type : `${inBrackets(type)}?`;
    });
    return `[${[...places, ...(other === "never" ? [] : [`...${inBrackets(other)}[]`])].join(", ")}]`;
  }
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isObjectSchema({ type, properties, additionalProperties, patternProperties }: JsonSchema): boolean {
  if (type !== undefined) return type === "object";
  return properties !== undefined || additionalProperties !== undefined || patternProperties !== undefined;
}

function isComposed(schema: JsonSchema): boolean {
  return ["allOf", "anyOf", "oneOf", "$ref", "enum", "const"].some((keyword) => schema[keyword] !== undefined);
}

/** A document among the definitions, by the identifier that it gives itself. */
function bundledDocument(root: JsonSchema, reference: string): JsonSchema | undefined {
  const definitions = { ...(root["definitions"] as object | undefined), ...(root["$defs"] as object | undefined) };
  return Object.values(definitions).find((each): each is JsonSchema => isSchema(each) && each["$id"] === reference);
}

function lookUp(root: JsonSchema, reference: string): unknown {
  let found: unknown = root;
  for (const token of decodeURIComponent(reference).split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** Of objects and arrays the type says less than the value: TypeScript has no literals of them. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner)}`)
    .join("; ")} }`;
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)].filter((type) => type !== "never");
  if (distinct.includes("unknown")) return "unknown";
  return distinct.length === 0 ? "never" : distinct.map((type) => (type.includes(" & ") ? inBrackets(type) : type)).join(" | ");
}

/** Brackets where something else follows that binds closer. */
function inBrackets(type: string): string {
  let [depth, isInText] = [0, false];
  for (let index = 0; index < type.length; index += 1) {
    const character = type[index] as string;
    if (!isInText && type.startsWith("/*", index)) index = type.indexOf("*/", index) + 1;
    else if (isInText && character === "\\") index += 1;
    else if (character === '"') isInText = !isInText;
    else if (!isInText && "{[(".includes(character)) depth += 1;
    else if (!isInText && "}])".includes(character)) depth -= 1;
    else if (!isInText && depth === 0 && (character === "|" || character === "&")) return `(${type})`;
  }
  return type;
}
