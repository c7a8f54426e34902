import { avroDifferences, promotions } from "../../compatibility/avro/resolution.ts";
import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroPrimitive,
  type AvroRecord,
  type AvroType,
  standsForAnother,
  writtenField,
} from "../../compatibility/avro/read-avro-schema.ts";
import { asData, type Int64, NestedTooDeeply } from "../problem-list.ts";
import type { ByteReader } from "./byte-reader.ts";
import { defaultData } from "./default-data.ts";
import { decimalText, logicalText } from "./logical-values.ts";

type Decode = (input: ByteReader) => unknown;

/** Items that take no bytes (nulls) could be any number. */
const mostItems = 1_000_000;

/**
 * Makes what reads data of a writer's schema as a reader's ("Schema Resolution" of Avro 1.12), once for each pair of types. Throws
 * where they do not go with each other.
 */
export class AvroDecoders {
  readonly #int64: Int64;
  readonly #made = new Map<AvroType, Map<AvroType, Decode>>();

  constructor(int64: Int64) {
    this.#int64 = int64;
  }

  of(writer: AvroType, reader: AvroType): Decode {
    const made = this.#made.get(writer) ?? new Map<AvroType, Decode>();
    this.#made.set(writer, made);
    const known = made.get(reader);
    if (known !== undefined) return known;
    let own: Decode | null = null;
    // A record may hold itself.
    made.set(reader, (input) => own?.(input));
    own = this.#make(writer, reader);
    made.set(reader, own);
    return own;
  }

  #make(writer: AvroType, reader: AvroType): Decode {
    if (writer.kind === "union") return this.#ofUnion(writer.branches, reader);
    if (reader.kind === "union") return this.of(writer, branchFor(writer, reader.branches));
    if (standsForAnother(writer, reader)) throw mismatch(writer, reader);
    switch (writer.kind) {
      case "record":
        return this.#record(writer, same(writer, reader, "record"));
      case "enum":
        return enumerated(writer, same(writer, reader, "enum"));
      case "fixed":
        return rawOf(same(writer, reader, "fixed"), (input) => input.raw(writer.size));
      case "array":
        return this.#array(writer.items, same(writer, reader, "array").items);
      case "map":
        return this.#map(writer.values, same(writer, reader, "map").values);
      default:
        return this.#primitive(writer, reader);
    }
  }

  #ofUnion(branches: readonly AvroType[], reader: AvroType): Decode {
    // A branch that the reader does not take matters only when it comes.
    const decoders = branches.map((branch): Decode => {
      try {
        return this.of(branch, reader);
      } catch (error) {
        return () => {
          throw error;
        };
      }
    });
    return (input) => {
      const index = input.whole("a branch");
      const decode = decoders[index];
      if (decode === undefined) throw new Error(`is branch ${index} of a union of ${branches.length}`);
      return decode(input);
    };
  }

  #record(writer: AvroRecord, reader: AvroRecord): Decode {
    const taken = new Map<AvroField, AvroField>();
    const missing: AvroField[] = [];
    for (const field of reader.fields) {
      const written = writtenField(writer, field);
      const other = written === undefined ? undefined : taken.get(written);
      if (other !== undefined)
        throw new Error(
          `has one field, ${written?.name}, that the reader's schema takes for two: ${other.name} and ${field.name}`,
        );
      if (written !== undefined) taken.set(written, field);
      else if (field.hasDefault) missing.push(field);
      else throw new Error(`was written without ${field.name}, for which the reader's schema has no default`);
    }
    const steps = writer.fields.map((field) => {
      const as = taken.get(field);
      return { name: as?.name ?? null, decode: this.of(field.type, as?.type ?? field.type) };
    });
    const order = reader.fields.map(({ name }) => name);
    const isInOrder =
      steps
        .filter(({ name }) => name !== null)
        .map(({ name }) => name)
        .join() === order.join();
    return (input) => {
      const data: Record<string, unknown> = {};
      let at = 0;
      input.enter();
      try {
        for (; at < steps.length; at++) {
          const { name, decode } = steps[at] as (typeof steps)[number];
          const value = decode(input);
          if (name !== null) put(data, name, value);
        }
      } catch (error) {
        throw placed(error, writer.fields[at]?.name ?? "");
      }
      input.leave();
      if (isInOrder) return data;
      const ordered: Record<string, unknown> = {};
      for (const { name, type, default: otherwise } of missing) put(data, name, defaultData(type, otherwise, this.#int64));
      for (const name of order) put(ordered, name, data[name]);
      return ordered;
    };
  }

  #array(writer: AvroType, reader: AvroType): Decode {
    const decode = this.of(writer, reader);
    return (input) => {
      const items: unknown[] = [];
      forEachOfBlocks(input, () => void items.push(decode(input)));
      return items;
    };
  }

  #map(writer: AvroType, reader: AvroType): Decode {
    const decode = this.of(writer, reader);
    return (input) => {
      const data: Record<string, unknown> = {};
      forEachOfBlocks(input, () => put(data, input.text(), decode(input)));
      return data;
    };
  }

  #primitive(writer: AvroPrimitive, reader: AvroType): Decode {
    const read = readerOf(writer);
    const to = reader.kind;
    if (to === writer.kind || promotions[writer.kind]?.includes(to) === true) {
      if (to === "int" || to === "long") return this.#whole(read as (input: ByteReader) => number | bigint, reader);
      if (to === "float" || to === "double") return (input) => Number(read(input));
      if (to === "string") return writer.kind === "bytes" ? (input) => input.text() : read;
      if (to === "bytes") return rawOf(reader, (input) => input.bytes());
      return read;
    }
    throw mismatch(writer, reader);
  }

  #whole(read: (input: ByteReader) => number | bigint, reader: AvroPrimitive): Decode {
    const logical = logicalText(reader);
    const int64 = reader.kind === "int" ? "number" : this.#int64;
    return (input) => {
      const value = read(input);
      if (logical === null) return asData(value, int64);
      const text = logical.toText(BigInt(value));
      if (text === null) throw new Error(`is no ${reader.logicalType} that can be written as text`);
      return text;
    };
  }
}

function readerOf({ kind }: AvroPrimitive): Decode {
  switch (kind) {
    case "null":
      return () => null;
    case "boolean":
      return (input) => {
        const byte = input.byte();
        if (byte > 1) throw new Error("is no boolean");
        return byte === 1;
      };
    case "int":
      return (input) => {
        const value = Number(input.long());
        if (value !== (value | 0)) throw new Error("is no number of 32 bits");
        return value;
      };
    case "long":
      return (input) => input.long();
    case "float":
      return (input) => input.float();
    case "double":
      return (input) => input.double();
    case "bytes":
      return (input) => input.bytes();
    case "string":
      return (input) => input.text();
  }
}

function rawOf({ decimal }: AvroPrimitive | AvroFixed, read: (input: ByteReader) => Buffer): Decode {
  return decimal === null ? (input) => read(input).toString("base64") : (input) => decimalText(read(input), decimal);
}

function enumerated({ symbols }: AvroEnum, reader: AvroEnum): Decode {
  const known = new Set(reader.symbols);
  return (input) => {
    const index = input.whole("a symbol");
    const symbol = symbols[index];
    if (symbol === undefined) throw new Error(`is symbol ${index} of an enum of ${symbols.length}`);
    if (known.has(symbol)) return symbol;
    if (reader.default !== null) return reader.default;
    throw new Error(`is a symbol that ${reader.name} does not have`);
  };
}

/** Blocks of items, each with their number, and with its size where the number is below 0. */
function forEachOfBlocks(input: ByteReader, read: () => void): void {
  let total = 0;
  input.enter();
  for (let count = input.whole("a count"); count !== 0; count = input.whole("a count")) {
    if (count < 0) input.whole("a size");
    total += Math.abs(count);
    if (total > Math.max(mostItems, input.left)) throw new Error(`has ${total} items in ${input.left} bytes`);
    for (let n = Math.abs(count); n > 0; n--) read();
  }
  input.leave();
}

/** The first branch that reads all that the writer writes; else the first of its kind. */
function branchFor(writer: AvroType, branches: readonly AvroType[]): AvroType {
  const sides = { writer: "the writer's schema", reader: "the reader's" } as const;
  const found =
    branches.find((branch) => isCalledAlike(writer, branch) && avroDifferences(writer, branch, sides).length === 0) ??
    branches.find((branch) => avroDifferences(writer, branch, sides).length === 0) ??
    branches.find((branch) => isCalledAlike(writer, branch));
  if (found === undefined) throw mismatch(writer, { kind: "union", pointer: "", branches });
  return found;
}

const isCalledAlike = (a: AvroType, b: AvroType): boolean =>
  a.kind === b.kind && (!("name" in a) || !("name" in b) || a.name === b.name);

function same<Kind extends AvroType["kind"]>(writer: AvroType, reader: AvroType, kind: Kind): Extract<AvroType, { kind: Kind }> {
  if (reader.kind !== kind || ("size" in writer && "size" in reader && writer.size !== reader.size))
    throw mismatch(writer, reader);
  return reader as Extract<AvroType, { kind: Kind }>;
}

function nameOf(type: AvroType): string {
  const name = "name" in type ? `${type.kind} ${type.name}` : type.kind;
  if (!("logicalType" in type) || type.logicalType === null) return name;
  return `${name} (${type.logicalType}${type.decimal === null ? "" : `, ${type.decimal.scale} digits behind the point`})`;
}
const mismatch = (writer: AvroType, reader: AvroType): Error =>
  new Error(`was written as ${nameOf(writer)}, which cannot be read as ${nameOf(reader)}`);

/** An error of what stands in a field. */
function placed(error: unknown, name: string): Error {
  if (error instanceof NestedTooDeeply) return error;
  const { message } = error as Error;
  return new Error(message.startsWith("/") ? `/${name}${message}` : `/${name} ${message}`, { cause: error });
}

/** `__proto__` is a name like any other. */
function put(data: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(data, name, { value, enumerable: true, configurable: true, writable: true });
  else data[name] = value;
}
