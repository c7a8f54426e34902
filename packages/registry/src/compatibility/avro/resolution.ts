import { type Difference, listed, type Sides, Wording } from "../difference.ts";
import type { AvroEnum, AvroRecord, AvroType, Decimal } from "./read-avro-schema.ts";

/** What may be read as what ("Schema Resolution" of the specification). */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ["long", "float", "double"],
  long: ["float", "double"],
  float: ["double"],
  string: ["bytes"],
  bytes: ["string"],
};

/**
 * Why data written with `writer` cannot all be read with `reader`; empty when they can. By "Schema Resolution" of Avro 1.12, of which
 * it is a proof by induction: while two records are being compared, they are taken for compatible further inside.
 */
export function avroDifferences(writer: AvroType, reader: AvroType, sides: Sides): readonly Difference[] {
  return new Resolution(sides).differences(writer, reader, "");
}

class Resolution {
  readonly #say: Wording;
  /** Records and what they were compared with, found compatible or under way. */
  readonly #compared = new Map<AvroType, Set<AvroType>>();

  constructor(sides: Sides) {
    this.#say = new Wording(sides);
  }

  differences(writer: AvroType, reader: AvroType, path: string): readonly Difference[] {
    if (writer.kind === "union") return this.#ofBranches(writer.branches, reader, path);
    if (reader.kind === "union") return this.#inBranches(writer, reader.branches, reader, path);
    if (writer.kind !== reader.kind) {
      if (promotions[writer.kind]?.includes(reader.kind) === true) return this.#ofDecimals(writer, reader, path);
      return [this.#say.change("type_narrowed", path, reader, undefined, nameOf(reader), nameOf(writer))];
    }
    if ("name" in writer && "name" in reader && !isCalled(reader, writer.name))
      return [this.#say.change("name_changed", path, reader, undefined, reader.name, writer.name)];
    if (writer.kind === "array" && reader.kind === "array") return this.differences(writer.items, reader.items, `${path}/[]`);
    if (writer.kind === "map" && reader.kind === "map") return this.differences(writer.values, reader.values, `${path}/{}`);
    if (writer.kind === "enum" && reader.kind === "enum") return this.#ofSymbols(writer, reader, path);
    if (writer.kind === "fixed" && reader.kind === "fixed" && writer.size !== reader.size)
      return [this.#say.change("size_changed", path, reader, undefined, `${reader.size} bytes long`, `${writer.size} bytes`)];
    if (writer.kind === "record" && reader.kind === "record") return this.#ofRecords(writer, reader, path);
    return this.#ofDecimals(writer, reader, path);
  }

  #ofBranches(branches: readonly AvroType[], reader: AvroType, path: string): readonly Difference[] {
    return branches.flatMap((branch) => this.differences(branch, reader, path));
  }

  #inBranches(writer: AvroType, branches: readonly AvroType[], reader: AvroType, path: string): readonly Difference[] {
    let closest: readonly Difference[] | null = null;
    for (const branch of branches) {
      const found = this.#undone(() => this.differences(writer, branch, path));
      if (found.length === 0) return [];
      // That the type is another one says nothing.
      const isClose = !found.some(({ kind, path: at }) => at === path && (kind === "type_narrowed" || kind === "name_changed"));
      if (isClose && (closest === null || found.length < closest.length)) closest = found;
    }
    return (
      closest ?? [this.#say.change("choice_narrowed", path, reader, undefined, listed(branches.map(nameOf)), nameOf(writer))]
    );
  }

  /** What was assumed for a branch that does not fit holds no more. */
  #undone(compare: () => readonly Difference[]): readonly Difference[] {
    const before = new Map([...this.#compared].map(([writer, readers]) => [writer, new Set(readers)]));
    const found = compare();
    if (found.length > 0) {
      this.#compared.clear();
      for (const [writer, readers] of before) this.#compared.set(writer, readers);
    }
    return found;
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

  #ofRecords(writer: AvroRecord, reader: AvroRecord, path: string): readonly Difference[] {
    const compared = this.#compared.get(writer) ?? new Set();
    if (compared.has(reader)) return [];
    this.#compared.set(writer, compared.add(reader));
    const found: Difference[] = [];
    for (const field of reader.fields) {
      const written = [field.name, ...field.aliases]
        .map((name) => writer.fields.find((each) => each.name === name))
        .find((each) => each !== undefined);
      const place = `${path}/${field.name}`;
      if (written !== undefined) found.push(...this.differences(written.type, field.type, place));
      else if (!field.hasDefault)
        found.push(
          this.#say.difference(
            "required_added",
            place,
            field,
            `has no default in ${this.#say.sides.reader}; ${this.#say.sides.writer} does not have it`,
          ),
        );
    }
    return found;
  }

  #ofDecimals(writer: AvroType, reader: AvroType, path: string): readonly Difference[] {
    const [written, wanted] = [decimalOf(writer), decimalOf(reader)];
    if (written === null || wanted === null) return [];
    if (written.precision === wanted.precision && written.scale === wanted.scale) return [];
    return [this.#say.change("scale_changed", path, reader, undefined, inDigits(wanted), inDigits(written))];
  }
}

const unqualified = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** By the names without their namespaces, as the specification has it, and the reader's aliases. */
function isCalled(reader: { readonly name: string; readonly aliases: readonly string[] }, name: string): boolean {
  return [reader.name, ...reader.aliases].some((each) => unqualified(each) === unqualified(name));
}

const nameOf = (type: AvroType): string => ("name" in type ? `${type.kind} ${type.name}` : type.kind);
const decimalOf = (type: AvroType): Decimal | null => ("decimal" in type ? type.decimal : null);
const inDigits = ({ precision, scale }: Decimal): string => `a decimal of ${precision} digits, ${scale} behind the point`;
