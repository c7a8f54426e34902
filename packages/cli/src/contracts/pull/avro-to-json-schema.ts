import type { JsonSchema } from "throughline/contracts";

type Raw = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of what a reader gets of an Avro record, as `avro` of `@throughline/registry/avro` decodes it: fields with a default need not
 * be there, dates are texts, bytes are base64. A sentence where the schema is no record, or a type of it is not known.
 */
export function avroToJsonSchema(avro: unknown): JsonSchema | string {
  const reading = new AvroReading();
  try {
    const root = reading.schemaOf(avro, "");
    if (!isRaw(avro) || avro["type"] !== "record") return "it is no record, and events are objects";
    return reading.whole(root);
  } catch (error) {
    return (error as Error).message;
  }
}

const texts: Readonly<Record<string, JsonSchema>> = {
  date: { type: "string", format: "date" },
  "time-millis": { type: "string" },
  "time-micros": { type: "string" },
  "timestamp-millis": { type: "string", format: "date-time" },
  "timestamp-micros": { type: "string", format: "date-time" },
  "timestamp-nanos": { type: "string", format: "date-time" },
  "local-timestamp-millis": { type: "string" },
  "local-timestamp-micros": { type: "string" },
  "local-timestamp-nanos": { type: "string" },
};

const base64: JsonSchema = { type: "string", contentEncoding: "base64" };
const decimal: JsonSchema = { type: "string", pattern: String.raw`^-?\d+(\.\d+)?$` };

const primitives: Readonly<Record<string, JsonSchema>> = {
  null: { type: "null" },
  boolean: { type: "boolean" },
  int: { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  long: { type: "integer" },
  float: { type: "number" },
  double: { type: "number" },
  bytes: base64,
  string: { type: "string" },
};

class AvroReading {
  /** Named types, by their full names: each is written once, and referred to. */
  readonly #named = new Map<string, JsonSchema>();

  whole(root: JsonSchema): JsonSchema {
    const reference = String(root["$ref"]).slice("#/$defs/".length);
    const { [reference]: record = {}, ...others } = Object.fromEntries(this.#named);
    const isRecursive = JSON.stringify([record, others]).includes(JSON.stringify(root));
    if (isRecursive) return { ...root, $defs: Object.fromEntries(this.#named) };
    return Object.keys(others).length === 0 ? record : { ...record, $defs: others };
  }

  schemaOf(avro: unknown, namespace: string): JsonSchema {
    if (Array.isArray(avro)) return this.#union(avro, namespace);
    if (typeof avro === "string") return this.#byName(avro, namespace);
    if (!isRaw(avro)) throw new Error(`it holds ${JSON.stringify(avro)}, which is no type of Avro`);
    const { type, logicalType, doc } = avro;
    const described = typeof doc === "string" ? { description: doc } : {};
    if (type === "record" || type === "error" || type === "enum" || type === "fixed")
      return this.#define(avro, type, namespace, described);
    if (type === "array") return { type: "array", items: this.schemaOf(avro["items"], namespace), ...described };
    if (type === "map") return { type: "object", additionalProperties: this.schemaOf(avro["values"], namespace), ...described };
    if (logicalType === "decimal" && type === "bytes") return { ...decimal, ...described };
    if (logicalType === "uuid" && type === "string") return { type: "string", format: "uuid", ...described };
    const isWhole = type === "int" || type === "long";
    const text = isWhole && typeof logicalType === "string" && Object.hasOwn(texts, logicalType) ? texts[logicalType] : undefined;
    return { ...(text ?? this.schemaOf(type, namespace)), ...described };
  }

  #byName(name: string, namespace: string): JsonSchema {
    const primitive = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
    if (primitive !== undefined) return primitive;
    const full = fullName(name, namespace);
    const known = [full, name].find((each) => this.#named.has(each));
    if (known === undefined) throw new Error(`it refers to "${full}", which is not in it`);
    return { $ref: `#/$defs/${known}` };
  }

  #union(branches: readonly unknown[], namespace: string): JsonSchema {
    const schemas = branches.map((branch) => this.schemaOf(branch, namespace));
    const [only] = schemas;
    return schemas.length === 1 && only !== undefined ? only : { anyOf: schemas };
  }

  #define(avro: Raw, type: string, namespace: string, described: JsonSchema): JsonSchema {
    const name = String(avro["name"]);
    const full = fullName(name, typeof avro["namespace"] === "string" ? avro["namespace"] : namespace);
    const reference = { $ref: `#/$defs/${full}` };
    // First its place: a record may hold itself.
    this.#named.set(full, {});
    if (type === "enum") this.#named.set(full, { type: "string", enum: avro["symbols"], ...described });
    else if (type === "fixed") this.#named.set(full, { ...(avro["logicalType"] === "decimal" ? decimal : base64), ...described });
    else this.#named.set(full, { ...this.#record(avro["fields"], full.split(".").slice(0, -1).join(".")), ...described });
    return reference;
  }

  #record(fields: unknown, namespace: string): JsonSchema {
    if (!Array.isArray(fields)) throw new Error("a record of it has no fields");
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    for (const field of fields as Raw[]) {
      const name = String(field["name"]);
      const schema = this.schemaOf(field["type"], namespace);
      properties[name] = typeof field["doc"] === "string" ? { ...schema, description: field["doc"] } : schema;
      if (field["default"] === undefined) required.push(name);
    }
    return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
  }
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
