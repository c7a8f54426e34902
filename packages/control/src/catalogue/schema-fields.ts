import type { JsonSchema } from "throughline";

/** A property of an event's data, by its schema. */
export interface SchemaField {
  /** `customer.email`, `lines[].price` */
  readonly path: string;
  /** `string`, `integer or null`, `one of "a", "b"`: as it is said to a person. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string | null;
}

const deepest = 6;
const mostFields = 500;

type Node = { readonly [keyword: string]: unknown };

/** The properties that a schema names, in its order; those of other schemas that it refers to inside itself, too. */
export function schemaFields(schema: JsonSchema): SchemaField[] {
  const fields: SchemaField[] = [];
  collect(schema, schema, "", 0, fields);
  return fields;
}

function collect(root: Node, given: unknown, prefix: string, depth: number, fields: SchemaField[]): void {
  const node = resolved(root, given);
  if (node === null || depth > deepest) return;
  for (const part of listOf(node["allOf"])) collect(root, part, prefix, depth + 1, fields);
  const required = new Set(listOf(node["required"]));
  const properties = isNode(node["properties"]) ? node["properties"] : {};
  for (const [name, inner] of Object.entries(properties)) {
    if (fields.length >= mostFields) return;
    const found = resolved(root, inner);
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const { description } = found ?? {};
    fields.push({
      path,
      type: typeText(found),
      isRequired: required.has(name),
      description: typeof description === "string" ? description : null,
    });
    collect(root, found, path, depth + 1, fields);
    if (isNode(found?.["items"])) collect(root, found["items"], `${path}[]`, depth + 1, fields);
  }
}

function typeText(node: Node | null): string {
  if (node === null) return "anything";
  const { type, format } = node;
  if ("const" in node) return JSON.stringify(node["const"]);
  if (Array.isArray(node["enum"]))
    return `one of ${node["enum"]
      .slice(0, 8)
      .map((each) => JSON.stringify(each))
      .join(", ")}`;
  const types = typeof type === "string" ? [type] : listOf(type).filter((each) => typeof each === "string");
  const choices = [...listOf(node["anyOf"]), ...listOf(node["oneOf"])].filter(isNode).map(typeText);
  const names = types.length > 0 ? types : [...new Set(choices)];
  const text = names.length === 0 ? "anything" : names.join(" or ");
  return typeof format === "string" ? `${text} (${format})` : text;
}

/** What a reference inside the schema means. Another document's is not followed. */
function resolved(root: Node, given: unknown): Node | null {
  let node: unknown = given;
  for (let hops = 0; hops < 10 && isNode(node) && typeof node["$ref"] === "string"; hops++) {
    if (!node["$ref"].startsWith("#")) return node;
    node = pointed(root, node["$ref"].slice(1));
  }
  return isNode(node) ? node : null;
}

function pointed(root: Node, pointer: string): unknown {
  let node: unknown = root;
  for (const segment of pointer.split("/").slice(1)) {
    const name = decoded(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    node = isNode(node) && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  return node;
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

export interface FieldChange {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  readonly before: string | null;
  readonly after: string | null;
}

/** How the fields of two schemas differ. */
export function fieldChanges(before: JsonSchema, after: JsonSchema): FieldChange[] {
  const was = new Map(schemaFields(before).map((field) => [field.path, fieldText(field)]));
  const is = new Map(schemaFields(after).map((field) => [field.path, fieldText(field)]));
  const changes: FieldChange[] = [];
  for (const [path, text] of was) {
    const now = is.get(path);
    if (now === undefined) changes.push({ path, change: "removed", before: text, after: null });
    else if (now !== text) changes.push({ path, change: "changed", before: text, after: now });
  }
  for (const [path, text] of is) if (!was.has(path)) changes.push({ path, change: "added", before: null, after: text });
  return changes;
}

const fieldText = ({ type, isRequired }: SchemaField): string => (isRequired ? type : `${type}, optional`);
