import { bigintsInText } from "../exact-json.ts";
import type { Raw } from "../json-values.ts";
import { DefaultExtents, fitsDefault } from "./default-values.ts";
import { SchemaInvalid } from "../schema-invalid.ts";

const primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;
export type Primitive = (typeof primitives)[number];

interface Common {
  readonly pointer: string;
}

interface Named extends Common {
  /** With its namespace. */
  readonly name: string;
  readonly aliases: readonly string[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  readonly hasDefault: boolean;
  /** As the schema writes it; whole numbers that are too large for a number of JavaScript as bigints. */
  readonly default: unknown;
  readonly pointer: string;
}

export interface Decimal {
  readonly precision: number;
  readonly scale: number;
}

interface Logical {
  readonly decimal: Decimal | null;
  /** What the value stands for: `date`, `timestamp-millis`, … Null for what Avro does not know of such a type: it means nothing. */
  readonly logicalType: string | null;
}

export type AvroRecord = Named & { readonly kind: "record"; readonly fields: readonly AvroField[] };
export type AvroEnum = Named & { readonly kind: "enum"; readonly symbols: readonly string[]; readonly default: string | null };
export type AvroFixed = Named & { readonly kind: "fixed"; readonly size: number } & Logical;
export type AvroPrimitive = Common & { readonly kind: Primitive } & Logical;
export type AvroType =
  | AvroPrimitive
  | (Common & { readonly kind: "array"; readonly items: AvroType })
  | (Common & { readonly kind: "map"; readonly values: AvroType })
  | (Common & { readonly kind: "union"; readonly branches: readonly AvroType[] })
  | AvroRecord
  | AvroEnum
  | AvroFixed;

const deepest = 500;
/** Values that a default may stand for, with those of the fields that it leaves out. */
const mostInDefault = 100_000;
const nameRule = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads an Avro schema (specification 1.12), parsed by `parseWithBigints`. @throws SchemaInvalid */
export function readAvroSchema(schema: unknown, options: { readonly references?: readonly unknown[] } = {}): AvroType {
  const types = new Map<string, AvroType>();
  const read = (document: unknown, name: string): AvroType => {
    const reader = new Reader(types, name);
    const type = reader.type(document, "", "", 0);
    reader.checkDefaults();
    return type;
  };
  for (const [index, reference] of (options.references ?? []).entries()) read(reference, `reference ${index}#`);
  return read(schema, "");
}

class Reader {
  readonly #types: Map<string, AvroType>;
  readonly #document: string;
  /** Looked at when all types are known. */
  readonly #defaults: { readonly field: AvroField; readonly value: unknown }[] = [];

  constructor(types: Map<string, AvroType>, document: string) {
    this.#types = types;
    this.#document = document;
  }

  /** A reader that falls back on a default that does not fit would fail in the middle of its work. */
  checkDefaults(): void {
    for (const { field, value } of this.#defaults)
      if (!fitsDefault(field.type, value))
        throw new SchemaInvalid(`${field.pointer}/default`, `does not fit the type of the field: ${bigintsInText(value)}`);
    const extents = new DefaultExtents();
    for (const { field } of this.#defaults) {
      const { values, depth } = extents.of(field);
      if (values > mostInDefault || depth > deepest)
        throw new SchemaInvalid(
          `${field.pointer}/default`,
          "leaves out what has defaults, which have others, and so on without end",
        );
    }
  }

  type(raw: unknown, place: string, namespace: string, depth: number): AvroType {
    const pointer = `${this.#document}${place}`;
    if (depth > deepest) throw new SchemaInvalid(pointer, `is nested deeper than ${deepest} levels`);
    if (typeof raw === "string") return this.#called(raw, pointer, namespace, null);
    if (Array.isArray(raw)) return this.#union(raw, place, namespace, depth);
    if (typeof raw !== "object" || raw === null) throw new SchemaInvalid(pointer, `is no Avro type, but ${JSON.stringify(raw)}`);
    const { type } = raw as Raw;
    switch (type) {
      case "record":
      case "error":
        return this.#record(raw as Raw, place, namespace, depth);
      case "enum":
        return this.#enum(raw as Raw, pointer, namespace);
      case "fixed":
        return this.#fixed(raw as Raw, pointer, namespace);
      case "array":
        return { kind: "array", pointer, items: this.type((raw as Raw)["items"], `${place}/items`, namespace, depth + 1) };
      case "map":
        return { kind: "map", pointer, values: this.type((raw as Raw)["values"], `${place}/values`, namespace, depth + 1) };
      default:
        if (typeof type === "string") return this.#called(type, pointer, namespace, raw as Raw);
        return this.type(type, `${place}/type`, namespace, depth + 1);
    }
  }

  #called(name: string, pointer: string, namespace: string, raw: Raw | null): AvroType {
    if ((primitives as readonly string[]).includes(name))
      return { kind: name as Primitive, pointer, ...logicalIn(name, raw ?? {}) };
    const known = this.#types.get(fullName(name, namespace)) ?? this.#types.get(name);
    if (known === undefined) throw new SchemaInvalid(pointer, `names the type ${JSON.stringify(name)}, which is not there`);
    return known;
  }

  #union(raw: readonly unknown[], place: string, namespace: string, depth: number): AvroType {
    const branches = raw.map((each, index) => this.type(each, `${place}/${index}`, namespace, depth + 1));
    const pointer = `${this.#document}${place}`;
    const kinds = branches.map((branch) => ("name" in branch ? branch.name : branch.kind));
    const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
    if (twice !== undefined) throw new SchemaInvalid(pointer, `is a union that holds ${twice} twice`);
    if (kinds.includes("union")) throw new SchemaInvalid(pointer, "is a union that holds another one");
    return { kind: "union", pointer, branches };
  }

  #record(raw: Raw, place: string, outer: string, depth: number): AvroType {
    const pointer = `${this.#document}${place}`;
    const { name, namespace, aliases } = this.#name(raw, pointer, outer);
    const fields: AvroField[] = [];
    const record: AvroRecord = { kind: "record", pointer, name, aliases, fields };
    this.#define(record, pointer);
    if (!Array.isArray(raw["fields"])) throw new SchemaInvalid(pointer, 'is a record without a list of "fields"');
    for (const [index, field] of (raw["fields"] as unknown[]).entries()) {
      const at = `${place}/fields/${index}`;
      if (typeof field !== "object" || field === null) throw new SchemaInvalid(`${this.#document}${at}`, "is no field");
      const { name: own, aliases: others = [] } = field as { name?: unknown; aliases?: unknown };
      if (typeof own !== "string" || !nameRule.test(own))
        throw new SchemaInvalid(`${this.#document}${at}/name`, `is no name of a field: ${JSON.stringify(own)}`);
      if (fields.some((each) => each.name === own)) throw new SchemaInvalid(`${this.#document}${at}`, `is a second field ${own}`);
      const read: AvroField = {
        name: own,
        aliases: Array.isArray(others) ? others.filter((each) => typeof each === "string") : [],
        type: this.type((field as Raw)["type"], `${at}/type`, namespace, depth + 1),
        hasDefault: Object.hasOwn(field, "default"),
        default: (field as Raw)["default"],
        pointer: `${this.#document}${at}`,
      };
      fields.push(read);
      if (read.hasDefault) this.#defaults.push({ field: read, value: (field as Raw)["default"] });
    }
    return record;
  }

  #enum(raw: Raw, pointer: string, outer: string): AvroType {
    const { symbols, default: otherwise } = raw;
    const { name, aliases } = this.#name(raw, pointer, outer);
    if (!Array.isArray(symbols) || symbols.some((each) => typeof each !== "string" || !nameRule.test(each)))
      throw new SchemaInvalid(pointer, 'is an enum whose "symbols" are no list of names');
    if (new Set(symbols).size < symbols.length) throw new SchemaInvalid(pointer, "is an enum with a symbol twice");
    const ofEnum = typeof otherwise === "string" ? otherwise : null;
    return this.#define({ kind: "enum", pointer, name, aliases, symbols: symbols as string[], default: ofEnum }, pointer);
  }

  #fixed(raw: Raw, pointer: string, outer: string): AvroType {
    const { size } = raw;
    const { name, aliases } = this.#name(raw, pointer, outer);
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0)
      throw new SchemaInvalid(pointer, 'is a fixed whose "size" is no whole number');
    return this.#define({ kind: "fixed", pointer, name, aliases, size, ...logicalIn("fixed", raw) }, pointer);
  }

  #name(raw: Raw, pointer: string, outer: string): { name: string; namespace: string; aliases: string[] } {
    const { name: own, namespace: given, aliases } = raw;
    if (typeof own !== "string" || own.split(".").some((part) => !nameRule.test(part)))
      throw new SchemaInvalid(pointer, `has a name that Avro does not allow: ${JSON.stringify(own)}`);
    const name = fullName(own, typeof given === "string" ? given : outer);
    const namespace = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    const others = Array.isArray(aliases) ? aliases.filter((each) => typeof each === "string") : [];
    return { name, namespace, aliases: others.map((each) => fullName(each, namespace)) };
  }

  #define<Type extends AvroRecord | AvroEnum | AvroFixed>(type: Type, pointer: string): Type {
    if (this.#types.has(type.name)) throw new SchemaInvalid(pointer, `defines ${type.name} a second time`);
    this.#types.set(type.name, type);
    return type;
  }
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

/** The types that a logical type is kept in. */
const keptIn = new Map<unknown, readonly string[]>([
  ["date", ["int"]],
  ["time-millis", ["int"]],
  ["decimal", ["bytes", "fixed"]],
  ["uuid", ["string", "fixed"]],
  ["duration", ["fixed"]],
  ...["", "local-"].flatMap((prefix) =>
    ["millis", "micros", "nanos"].map((unit) => [`${prefix}timestamp-${unit}`, ["long"]] as const),
  ),
  ["time-micros", ["long"]],
]);

/** By the specification, one that is not valid is as if it was not there. */
function logicalIn(kind: string, { logicalType, precision, scale = 0 }: Raw): Logical {
  const none: Logical = { decimal: null, logicalType: null };
  if (keptIn.get(logicalType)?.includes(kind) !== true) return none;
  if (logicalType !== "decimal") return { decimal: null, logicalType: logicalType as string };
  const isDecimal = isCount(precision) && precision > 0 && isCount(scale) && scale <= precision;
  return isDecimal ? { decimal: { precision, scale }, logicalType } : none;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Whether the same bytes stand for something else: another unit, another scale, a date for an instant. Where one side does not say what
 * they stand for, it has the bare value, which is not another one.
 */
export function standsForAnother(writer: AvroType, reader: AvroType): boolean {
  if (!("logicalType" in writer) || !("logicalType" in reader)) return false;
  if (writer.logicalType === null || reader.logicalType === null) return false;
  return writer.logicalType !== reader.logicalType || writer.decimal?.scale !== reader.decimal?.scale;
}

/** The field of the writer that a field of the reader takes: by its name, or one of its aliases. */
export function writtenField(writer: AvroRecord, { name, aliases }: AvroField): AvroField | undefined {
  for (const each of [name, ...aliases]) {
    const found = writer.fields.find((field) => field.name === each);
    if (found !== undefined) return found;
  }
  return undefined;
}
