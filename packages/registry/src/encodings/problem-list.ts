import type { EncodingProblem } from "throughline/seams";

/** How numbers of 64 bits stand in data. `exact`: as numbers, and those that no number of JavaScript is exactly as bigints. */
export type Int64 = "number" | "text" | "exact";

/** Nothing that is not written to do harm is nested deeper. */
export const deepestData = 500;

/** Bytes that hold data that is nested deeper than is read. Where exactly is not said: it would be a name for each level. */
export class NestedTooDeeply extends Error {
  constructor(levels: string = `${deepestData} levels`) {
    super(`is nested deeper than ${levels}`);
  }
}

/** Where an encoder stands in the data, and what it found wrong on its way. */
export class ProblemList {
  readonly found: EncodingProblem[] = [];
  readonly #place: (string | number)[] = [];
  readonly #outer: number;

  /** @param outer Where what is tried by itself stands in the whole. */
  constructor(outer: ProblemList | null = null) {
    this.#outer = outer === null ? 0 : outer.depth;
  }

  /** How deep it stands. */
  get depth(): number {
    return this.#outer + this.#place.length;
  }

  within(segment: string | number, work: () => void): void {
    this.enter(segment);
    work();
    this.leave();
  }

  /** The same without a function, for what is done for each value. */
  enter(segment: string | number): void {
    this.#place.push(segment);
  }

  leave(): void {
    this.#place.pop();
  }

  add(message: string): void {
    this.found.push({ pointer: this.#here(), message });
  }

  /** What was found by itself about what stands here. */
  addAll({ found }: ProblemList): void {
    for (const { pointer, message } of found) this.found.push({ pointer: `${this.#here()}${pointer}`, message });
  }

  #here(): string {
    return this.#place.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  }
}

/** What a value is, without the value: it may be personal. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const decimal = /^-?(?:0|[1-9]\d{0,19})$/;

/** A whole number as it stands in data, exactly; null for anything else. */
export function wholeNumber(value: unknown, int64: Int64): bigint | null {
  if (typeof value === "number" && int64 !== "text") return Number.isSafeInteger(value) ? BigInt(value) : null;
  if (typeof value === "bigint" && int64 === "exact") return value;
  return typeof value === "string" && int64 === "text" && decimal.test(value) ? BigInt(value) : null;
}

/** The same the other way. Throws for a number that JavaScript cannot hold. */
export function asData(value: bigint | number, int64: Int64): number | string | bigint {
  if (int64 === "text") return String(value);
  const number = Number(value);
  if (!Number.isSafeInteger(number) && int64 === "exact") return BigInt(value);
  if (!Number.isSafeInteger(number))
    throw new Error(`is a whole number that no number of JavaScript can be exactly; say { int64: "text" } to read it as text`);
  return number;
}
