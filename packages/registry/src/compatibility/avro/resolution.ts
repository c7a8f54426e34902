import { type Difference, listed, type Sides, Wording } from "../difference.ts";
import {
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroType,
  type Decimal,
  standsForAnother,
  writtenField,
} from "./read-avro-schema.ts";

/** What may be read as what ("Schema Resolution" of the specification). */
export const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ["long", "float", "double"],
  long: ["float", "double"],
  float: ["double"],
  string: ["bytes"],
  bytes: ["string"],
};

/** Steps of a proof, which take less than 2 s; schemas that people write take some thousands. */
const mostSteps = 2_000_000;
/** Types inside of types: a chain of definitions may be longer than the stack. */
const deepest = 1_000;

/**
 * Why data written with `writer` cannot all be read with `reader`; empty when they can. By "Schema Resolution" of Avro 1.12, of which
 * it is a proof by induction: while two records are being compared, they are taken for compatible further inside.
 */
export function avroDifferences(writer: AvroType, reader: AvroType, sides: Sides): readonly Difference[] {
  try {
    return new Resolution(sides).differences(writer, reader, "", 0);
  } catch (error) {
    if (!(error instanceof TooComplex)) throw error;
    const message = `whether ${sides.reader} reads what ${sides.writer} allows takes too long to prove`;
    return [{ kind: "too_complex", path: "", pointer: "", message }];
  }
}

class TooComplex extends Error {}

class Resolution {
  readonly #say: Wording;
  /** Records and what they were compared with, found compatible or under way. */
  readonly #compared = new Map<AvroRecord, Set<AvroRecord>>();
  /** The same in the order in which they came. */
  readonly #trail: (readonly [writer: AvroRecord, reader: AvroRecord])[] = [];
  /** Those that are not, whatever is assumed. */
  readonly #refused = new Map<AvroRecord, Map<AvroRecord, readonly Difference[]>>();
  #steps = 0;

  constructor(sides: Sides) {
    this.#say = new Wording(sides);
  }

  differences(writer: AvroType, reader: AvroType, path: string, depth: number): readonly Difference[] {
    this.#step(depth);
    if (writer.kind === "union") return writer.branches.flatMap((branch) => this.differences(branch, reader, path, depth + 1));
    if (reader.kind === "union") return this.#inBranches(writer, reader.branches, reader, path, depth);
    if (writer.kind !== reader.kind && !isPromoted(writer, reader))
      return [this.#say.change("type_narrowed", path, reader, undefined, nameOf(reader), nameOf(writer))];
    if ("name" in writer && "name" in reader && !isCalled(reader, writer.name))
      return [this.#say.change("name_changed", path, reader, undefined, reader.name, writer.name)];
    if (writer.kind === "array" && reader.kind === "array")
      return this.differences(writer.items, reader.items, `${path}/[]`, depth + 1);
    if (writer.kind === "map" && reader.kind === "map")
      return this.differences(writer.values, reader.values, `${path}/{}`, depth + 1);
    if (writer.kind === "enum" && reader.kind === "enum") return this.#ofSymbols(writer, reader, path);
    if (writer.kind === "fixed" && reader.kind === "fixed" && writer.size !== reader.size)
      return [this.#say.change("size_changed", path, reader, undefined, `${reader.size} bytes long`, `${writer.size} bytes`)];
    if (writer.kind === "record" && reader.kind === "record") return this.#ofRecords(writer, reader, path, depth);
    return this.#ofMeanings(writer, reader, path);
  }

  #step(depth: number): void {
    if ((this.#steps += 1) > mostSteps || depth > deepest) throw new TooComplex();
  }

  #inBranches(
    writer: AvroType,
    branches: readonly AvroType[],
    reader: AvroType,
    path: string,
    depth: number,
  ): readonly Difference[] {
    let closest: readonly Difference[] | null = null;
    for (const branch of branches) {
      this.#step(depth);
      // That the type is another one says nothing.
      if (!isOfType(writer, branch)) continue;
      const before = this.#trail.length;
      const found = this.differences(writer, branch, path, depth + 1);
      if (found.length === 0) return [];
      this.#undo(before);
      if (closest === null || found.length < closest.length) closest = found;
    }
    return (
      closest ?? [this.#say.change("choice_narrowed", path, reader, undefined, listed(branches.map(nameOf)), nameOf(writer))]
    );
  }

  /** What was assumed for a branch that does not fit holds no more. */
  #undo(before: number): void {
    for (const [writer, reader] of this.#trail.splice(before)) this.#compared.get(writer)?.delete(reader);
  }

  #ofSymbols(writer: AvroEnum, reader: AvroEnum, path: string): readonly Difference[] {
    const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (missing.length === 0 || (reader.default !== null && reader.symbols.includes(reader.default))) return [];
    return [
      this.#say.change(
        "values_narrowed",
        path,
        reader,
        undefined,
        `${listed(reader.symbols)} (and it has no default)`,
        listed(missing),
      ),
    ];
  }

  #ofRecords(writer: AvroRecord, reader: AvroRecord, path: string, depth: number): readonly Difference[] {
    const compared = this.#compared.get(writer) ?? new Set();
    if (compared.has(reader)) return [];
    const refused = this.#refused.get(writer) ?? new Map<AvroRecord, readonly Difference[]>();
    const known = refused.get(reader);
    // One of them says that it does not fit; all, at each place where it stands, would be more and more.
    if (known !== undefined) return known.slice(0, 1);
    this.#compared.set(writer, compared.add(reader));
    this.#trail.push([writer, reader]);
    const found = this.#ofFields(writer, reader, path, depth);
    if (found.length > 0) this.#refused.set(writer, refused.set(reader, found));
    return found;
  }

  #ofFields(writer: AvroRecord, reader: AvroRecord, path: string, depth: number): readonly Difference[] {
    const { sides } = this.#say;
    const taken = new Map<AvroField, AvroField>();
    return reader.fields.flatMap((field) => {
      const place = `${path}/${field.name}`;
      const written = writtenField(writer, field);
      if (written === undefined)
        return field.hasDefault
          ? []
          : [
              this.#say.difference(
                "required_added",
                place,
                field,
                `has no default in ${sides.reader}; ${sides.writer} does not have it`,
              ),
            ];
      const other = taken.get(written);
      if (other !== undefined)
        return [
          this.#say.difference(
            "field_taken_twice",
            place,
            field,
            `is called ${written.name} in ${sides.writer}, and so is "${path}/${other.name}": which of them it is cannot be told`,
          ),
        ];
      taken.set(written, field);
      return this.differences(written.type, field.type, place, depth + 1);
    });
  }

  #ofMeanings(writer: AvroType, reader: AvroType, path: string): readonly Difference[] {
    const [written, wanted] = [decimalOf(writer), decimalOf(reader)];
    if (written !== null && wanted !== null) {
      if (written.precision === wanted.precision && written.scale === wanted.scale) return [];
      return [this.#say.change("scale_changed", path, reader, undefined, inDigits(wanted), inDigits(written))];
    }
    if (!standsForAnother(writer, reader)) return [];
    return [this.#say.change("logical_type_changed", path, reader, undefined, meaningOf(reader), meaningOf(writer))];
  }
}

const isPromoted = (writer: AvroType, reader: AvroType): boolean => promotions[writer.kind]?.includes(reader.kind) === true;

/** Whether the specification lets one be tried as the other at all. */
function isOfType(writer: AvroType, reader: AvroType): boolean {
  if ("name" in writer && "name" in reader) return writer.kind === reader.kind && isCalled(reader, writer.name);
  return writer.kind === reader.kind || isPromoted(writer, reader);
}

const unqualified = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** By the names without their namespaces, as the specification has it, and the reader's aliases. */
function isCalled(reader: { readonly name: string; readonly aliases: readonly string[] }, name: string): boolean {
  return [reader.name, ...reader.aliases].some((each) => unqualified(each) === unqualified(name));
}

const nameOf = (type: AvroType): string => ("name" in type ? `${type.kind} ${type.name}` : type.kind);
const decimalOf = (type: AvroType): Decimal | null => ("decimal" in type ? type.decimal : null);
const inDigits = ({ precision, scale }: Decimal): string => `a decimal of ${precision} digits, ${scale} behind the point`;
const meaningOf = (type: AvroType): string => ("logicalType" in type ? (type.logicalType ?? type.kind) : type.kind);
