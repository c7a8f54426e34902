import { SchemaInvalid } from "../schema-invalid.ts";
import { describe, isRaw, isSame, joined, type Raw, regexOf } from "../json-values.ts";
import { compareNumbers, isNumber, isWhole, type Numeric, numberText, rounded } from "./numbers.ts";
import { type Bound, type JsonType, jsonTypes, type SchemaNode } from "./schema-node.ts";

/** No number of JavaScript is longer, written with all its digits. */
const longestNumber = 1_100;

/** Reads the keywords of one schema, and says what is wrong with them. */
export class SchemaKeywords {
  readonly #raw: Raw;
  readonly #place: string;

  constructor(raw: Raw, place: string) {
    this.#raw = raw;
    this.#place = place;
  }

  refuse(keyword: string, what: string): never {
    throw new SchemaInvalid(joined(this.#place, keyword), `${what}, and is ${describe(this.#raw[keyword])}`);
  }

  types(): Pick<SchemaNode, "types" | "isInteger"> {
    const { type } = this.#raw;
    if (type === undefined) return { types: null, isInteger: false };
    const names = Array.isArray(type) ? (type as unknown[]) : [type];
    for (const name of names)
      if (name !== "integer" && !jsonTypes.includes(name as JsonType)) this.refuse("type", `must name types of JSON`);
    const types = new Set(names.map((name) => (name === "integer" ? "number" : name) as JsonType));
    return { types, isInteger: names.includes("integer") && !names.includes("number") };
  }

  values(): readonly unknown[] | null {
    const { enum: list, const: one } = this.#raw;
    if (list !== undefined && !Array.isArray(list)) this.refuse("enum", "must be a list");
    this.refuseInfinite("enum", list);
    this.refuseInfinite("const", one);
    if (one === undefined) return (list as unknown[] | undefined) ?? null;
    return list === undefined || (list as unknown[]).some((each) => isSame(each, one)) ? [one] : [];
  }

  /** In draft 4 the exclusive one is a flag beside the other. */
  bound(keyword: string, exclusive: string): Bound | null {
    const [value, other] = [this.number(keyword), this.#raw[exclusive]];
    if (other === undefined || other === false) return value === null ? null : { value, isExclusive: false };
    if (other === true) return value === null ? null : { value, isExclusive: true };
    const limit = { value: this.number(exclusive) as Numeric, isExclusive: true };
    if (value === null) return limit;
    const beyond = compareNumbers(value, limit.value) * (keyword === "minimum" ? 1 : -1);
    return beyond > 0 ? { value, isExclusive: false } : limit;
  }

  number(keyword: string): Numeric | null {
    const value = this.#raw[keyword];
    if (value === undefined) return null;
    if (!isNumber(value)) this.refuse(keyword, "must be a number");
    this.refuseInfinite(keyword, value);
    return value;
  }

  /** Numbers that are beyond those of JavaScript have become infinite, and would equal one another. */
  refuseInfinite(keyword: string, value: unknown): void {
    if (isNumber(value)) {
      if (!Number.isFinite(rounded(value)))
        throw new SchemaInvalid(joined(this.#place, keyword), "holds a number that is too large");
      if (numberText(value).length > longestNumber)
        throw new SchemaInvalid(joined(this.#place, keyword), "holds a number that has too many digits");
    } else if (typeof value === "object" && value !== null)
      for (const each of Object.values(value)) this.refuseInfinite(keyword, each);
  }

  positive(keyword: string): Numeric | null {
    const value = this.number(keyword);
    if (value !== null && rounded(value) <= 0) this.refuse(keyword, "must be above 0");
    return value;
  }

  count(keyword: string, otherwise: number): number {
    const value = this.number(keyword);
    if (value !== null && (compareNumbers(value, 0) < 0 || !isWhole(value)))
      this.refuse(keyword, "must be a whole number from 0 on");
    return value === null ? otherwise : rounded(value);
  }

  flag(keyword: string): boolean {
    const value = this.#raw[keyword];
    if (value !== undefined && typeof value !== "boolean") this.refuse(keyword, "must be true or false");
    return value === true;
  }

  pattern(keyword: string): string | null {
    const value = this.#raw[keyword];
    if (value === undefined) return null;
    if (typeof value !== "string") this.refuse(keyword, "must be a text");
    return this.regex(keyword, value);
  }

  regex(keyword: string, text: string): string {
    if (regexOf(text) === null)
      throw new SchemaInvalid(joined(this.#place, keyword), `holds ${JSON.stringify(text)}, which is no regular expression`);
    return text;
  }

  texts(...keywords: string[]): ReadonlyMap<string, string> {
    return new Map(
      keywords.flatMap((keyword) => {
        const value = this.#raw[keyword];
        if (value === undefined) return [];
        if (typeof value !== "string") this.refuse(keyword, "must be a text");
        return [[keyword, value] as const];
      }),
    );
  }

  names(keyword: string): readonly string[] {
    const value = this.#raw[keyword];
    if (value === undefined) return [];
    if (!Array.isArray(value) || value.some((each) => typeof each !== "string")) this.refuse(keyword, "must be a list of names");
    return value as string[];
  }

  namesIn(keyword: string, name: string): readonly string[] {
    return new SchemaKeywords(this.object(keyword), joined(this.#place, keyword)).names(name);
  }

  object(keyword: string): Raw {
    const value = this.#raw[keyword];
    if (value === undefined) return {};
    if (!isRaw(value)) this.refuse(keyword, "must be an object");
    return value;
  }
}
