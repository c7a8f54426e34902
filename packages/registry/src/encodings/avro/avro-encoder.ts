import type { AvroField, AvroFixed, AvroPrimitive, AvroRecord, AvroType } from "../../compatibility/avro/read-avro-schema.ts";
import { deepestData, type Int64, isObject, kindOf, ProblemList, wholeNumber } from "../problem-list.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { defaultData } from "./default-data.ts";
import { decimalBytes, logicalText } from "./logical-values.ts";

type Encode = (value: unknown, out: ByteWriter, problems: ProblemList) => void;

const smallest = { int: -(2n ** 31n), long: -(2n ** 63n) };
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Makes the encoders of types, each once. */
export class AvroEncoders {
  readonly #int64: Int64;
  readonly #made = new Map<AvroType, Encode>();

  constructor(int64: Int64) {
    this.#int64 = int64;
  }

  of(type: AvroType): Encode {
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    let made: Encode | null = null;
    // A record may hold itself.
    this.#made.set(type, (value, out, problems) => {
      if (problems.depth > deepestData) problems.add(`is nested deeper than ${deepestData} levels`);
      else made?.(value, out, problems);
    });
    made = this.#make(type);
    this.#made.set(type, made);
    return made;
  }

  #make(type: AvroType): Encode {
    switch (type.kind) {
      case "null":
        return typed(
          type,
          (value) => value === null,
          () => undefined,
        );
      case "boolean":
        return typed(
          type,
          (value) => typeof value === "boolean",
          (value, out) => out.byte(value === true ? 1 : 0),
        );
      case "int":
      case "long":
        return this.#whole(type, type.kind);
      case "float":
      case "double":
        return fraction(type.kind);
      case "string":
        return text;
      case "bytes":
      case "fixed":
        return bytes(type);
      case "enum": {
        const symbols = new Map(type.symbols.map((symbol, index) => [symbol, index]));
        return (value, out, problems) => {
          const index = typeof value === "string" ? symbols.get(value) : undefined;
          if (index === undefined) problems.add(`must be one of the symbols of ${type.name}: ${type.symbols.join(", ")}`);
          else out.long(index);
        };
      }
      case "array":
        return this.#array(type.items);
      case "map":
        return this.#map(type.values);
      case "union":
        return this.#union(type.branches);
      case "record":
        return this.#record(type);
    }
  }

  #whole(type: AvroPrimitive, kind: "int" | "long"): Encode {
    const logical = logicalText(type);
    const least = smallest[kind];
    const int64 = kind === "int" ? "number" : this.#int64;
    const wanted =
      logical === null ? (int64 === "text" ? "a whole number as text" : "a whole number") : `text such as ${logical.example}`;
    const isPlain = logical === null && int64 === "number";
    return (value, out, problems) => {
      // As most of them are.
      if (isPlain && typeof value === "number" && value === (value | 0)) return out.long(value);
      const number = logical === null ? wholeNumber(value, int64) : typeof value === "string" ? logical.toNumber(value) : null;
      if (number !== null && number >= least && number < -least) return out.long(number);
      if (typeof value === "number" && Number.isInteger(value) && logical === null && int64 === "number")
        return problems.add(
          number === null
            ? `is larger than a number of JavaScript can be exactly; say { int64: "text" } and give it as text`
            : `does not fit ${kind === "int" ? "32 bits" : "64 bits"}, as Avro's ${kind} has them`,
        );
      problems.add(
        `must be ${wanted}, for Avro's ${kind}${logical === null ? "" : ` (${type.logicalType})`}, but is ${kindOf(value)}`,
      );
    };
  }

  #array(items: AvroType): Encode {
    const encode = this.of(items);
    return (value, out, problems) => {
      if (!Array.isArray(value)) return problems.add(`must be a list, but is ${kindOf(value)}`);
      if (value.length > 0) out.long(value.length);
      for (let index = 0; index < value.length; index++) {
        problems.enter(index);
        encode(value[index], out, problems);
        problems.leave();
      }
      out.long(0);
    };
  }

  #map(values: AvroType): Encode {
    const encode = this.of(values);
    return (value, out, problems) => {
      if (!isObject(value)) return problems.add(`must be an object, but is ${kindOf(value)}`);
      const members = Object.entries(value).filter(([, each]) => each !== undefined);
      if (members.length > 0) out.long(members.length);
      for (const [name, each] of members) {
        problems.within(name, () => {
          text(name, out, problems);
          encode(each, out, problems);
        });
      }
      out.long(0);
    };
  }

  #record(type: AvroRecord): Encode {
    const fields = type.fields.map((field) => ({ field, encode: this.of(field.type), absent: this.#absent(field) }));
    const names = new Set(type.fields.map(({ name }) => name));
    return (value, out, problems) => {
      if (!isObject(value)) return problems.add(`must be an object, for the record ${type.name}, but is ${kindOf(value)}`);
      for (const { field, encode, absent } of fields) {
        const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
        problems.enter(field.name);
        if (given !== undefined) encode(given, out, problems);
        else if (absent === null) problems.add("is missing; the Avro schema has no default for it and does not take null");
        else absent(out, problems);
        problems.leave();
      }
      for (const name of Object.keys(value))
        if (!names.has(name) && value[name] !== undefined)
          problems.within(name, () => problems.add(`has no field in the Avro record ${type.name}, and would be lost`));
    };
  }

  /** What is written for a property that is not there: the default, or null. Null where there is neither. */
  #absent({ type, hasDefault, default: otherwise }: AvroField): ((out: ByteWriter, problems: ProblemList) => void) | null {
    const takesNull = type.kind === "null" || (type.kind === "union" && type.branches.some(({ kind }) => kind === "null"));
    if (!hasDefault && !takesNull) return null;
    let written: { readonly data: unknown; readonly encode: Encode } | null = null;
    return (out, problems) => {
      try {
        written ??= { data: hasDefault ? defaultData(type, otherwise, this.#int64) : null, encode: this.of(type) };
      } catch (error) {
        return problems.add((error as Error).message);
      }
      written.encode(written.data, out, problems);
    };
  }

  /** The first branch that takes the value. */
  #union(branches: readonly AvroType[]): Encode {
    const encoders = branches.map((branch) => this.of(branch));
    return (value, out, problems) => {
      const start = out.length;
      let closest: ProblemList | null = null;
      for (const [index, branch] of branches.entries()) {
        if (!mayTake(branch, value, this.#int64)) continue;
        const tried = new ProblemList(problems);
        out.long(index);
        (encoders[index] as Encode)(value, out, tried);
        if (tried.found.length === 0) return;
        out.length = start;
        if (closest === null || tried.found.length < closest.found.length) closest = tried;
      }
      if (closest === null) problems.add(`is ${kindOf(value)}, and the Avro schema takes ${branches.map(nameOf).join(", ")}`);
      else problems.addAll(closest);
    };
  }
}

const nameOf = (type: AvroType): string => ("name" in type ? type.name : type.kind);

function typed(type: AvroType, test: (value: unknown) => boolean, write: (value: unknown, out: ByteWriter) => void): Encode {
  return (value, out, problems) => {
    if (test(value)) write(value, out);
    else problems.add(`must be ${type.kind}, but is ${kindOf(value)}`);
  };
}

const text: Encode = (value, out, problems) => {
  if (typeof value !== "string") problems.add(`must be text, but is ${kindOf(value)}`);
  else if (!value.isWellFormed()) problems.add("must be well-formed Unicode");
  else out.text(value);
};

function fraction(kind: "float" | "double"): Encode {
  return (value, out, problems) => {
    if (typeof value !== "number" || !Number.isFinite(value)) problems.add(`must be a number, but is ${kindOf(value)}`);
    else if (kind === "double") out.double(value);
    else if (Math.fround(value) === value) out.float(value);
    else problems.add("cannot be held by Avro's float without being changed; make the field a double");
  };
}

function bytes(type: AvroPrimitive | AvroFixed): Encode {
  const size = type.kind === "fixed" ? type.size : null;
  const { decimal } = type;
  return (value, out, problems) => {
    if (decimal !== null) {
      const digits = typeof value === "string" ? decimalBytes(value, decimal, size) : null;
      if (digits === null)
        return problems.add(
          `must be decimal text of at most ${decimal.precision} digits, ${decimal.scale} of them behind the point`,
        );
      if (size === null) out.long(digits.length);
      return out.raw(digits);
    }
    if (typeof value !== "string" || !base64.test(value))
      return problems.add(`must be base64, for Avro's ${type.kind}, but is ${kindOf(value)}`);
    const raw = Buffer.from(value, "base64");
    if (size !== null && raw.length !== size) return problems.add(`must be ${size} bytes, but is ${raw.length}`);
    if (size === null) out.long(raw.length);
    out.raw(raw);
  };
}

/** Whether a value is of the kind that a type is in JSON at all. */
function mayTake(type: AvroType, value: unknown, int64: Int64): boolean {
  switch (type.kind) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "int":
    case "long": {
      const isText = logicalText(type) !== null || (type.kind === "long" && int64 === "text");
      return typeof value === (isText ? "string" : "number") || (int64 === "exact" && !isText && typeof value === "bigint");
    }
    case "float":
    case "double":
      return typeof value === "number";
    case "array":
      return Array.isArray(value);
    case "map":
    case "record":
      return isObject(value);
    case "union":
      return true;
    default:
      return typeof value === "string";
  }
}
