import { parseWithNumbers } from "./parse-with-numbers.ts";

// In Node 22 and later; TypeScript's library does not know them yet.
const exact = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * Parses JSON so that `JSON.stringify` gives each number back with all its digits, and the same for equal numbers: `1.0` is `1`. Those
 * that no number of JavaScript is exactly are objects of `JSON.rawJSON` (see `isExactNumber`).
 */
export function parseExactly(text: string): unknown {
  return parseWithNumbers(text, (value, source) => {
    if (isKept(value, source)) return value;
    const number = decimalOf(source);
    return exact.rawJSON(number === null ? source : asText(number));
  });
}

/** Parses JSON with the whole numbers that JavaScript's are not exactly as bigints, as far as 64 bits and some more go. */
export function parseWithBigints(text: string): unknown {
  return parseWithNumbers(text, (value, source) => {
    const number = Number.isSafeInteger(value) || source.length > longestWhole ? null : decimalOf(source);
    if (number === null || number.exponent < 0 || number.exponent > longestWhole) return value;
    return BigInt(number.digits) * 10n ** BigInt(number.exponent) * (number.isNegative ? -1n : 1n);
  });
}

const longestWhole = 40;
/** Digits, with sign, point and power, that a number of JavaScript always keeps. */
const alwaysKept = 15;

function isKept(value: number, source: string): boolean {
  if (source.length <= alwaysKept && Number.isFinite(value) && Math.abs(value) > 1e-300) return true;
  const [kept, number] = [decimalOf(String(value)), decimalOf(source)];
  return kept !== null && number !== null && asText(kept) === asText(number);
}

/** A number of JSON that no number of JavaScript is exactly: made by `JSON.rawJSON`. */
export interface ExactNumber {
  readonly rawJSON: string;
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return exact.isRawJSON(value);
}

/** A value of JSON in a text, bigints included. */
export function bigintsInText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? exact.rawJSON(String(each)) : each));
}

/** Digits without zeros at their ends, times a power of ten: equal numbers are the same. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Null for what is no number (Infinity), and for one whose power nobody writes: it is only what it is written as. */
export function decimalOf(text: string): Decimal | null {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === "" || power.length > 15) return null;
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (all[start] === "0") start += 1;
  while (end > start && all[end - 1] === "0") end -= 1;
  if (start === end) return { isNegative: false, digits: "0", exponent: 0 };
  const exponent = Number(power) - fraction.length + all.length - end;
  return { isNegative: sign === "-", digits: all.slice(start, end), exponent };
}

function asText({ isNegative, digits, exponent }: Decimal): string {
  return `${isNegative ? "-" : ""}${digits}${exponent === 0 ? "" : `e${exponent}`}`;
}
