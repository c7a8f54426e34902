import { type Decimal, decimalOf, type ExactNumber, isExactNumber } from "../exact-json.ts";
import { isRaw } from "../json-values.ts";

/** A number with all its digits: one of JavaScript stands for the shortest decimal that it is read from. */
export type Numeric = number | ExactNumber;

export const isNumber = (value: unknown): value is Numeric => typeof value === "number" || isExactNumber(value);

/** What JavaScript makes of it. */
export const rounded = (value: Numeric): number => (typeof value === "number" ? value : Number(value.rawJSON));

/** As it is written in a sentence. */
export const numberText = (value: Numeric): string => (typeof value === "number" ? String(value) : value.rawJSON);

/** Below, at or above 0, as the first is smaller, the same or larger. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a < b ? -1 : 1;
  const [left, right] = [decimal(a), decimal(b)];
  const [signed, other] = [signOf(left), signOf(right)];
  return signed === other ? signed * compareSizes(left, right) : signed - other;
}

/** Whether it is a multiple of a divisor that is not 0, in decimals and not in binary fractions. */
export function isMultiple(number: Numeric, divisor: Numeric): boolean {
  const [a, b] = [decimal(number), decimal(divisor)];
  if (a.digits === "0") return true;
  const power = a.exponent - b.exponent;
  // The last digit is not 0, so 10 is no divisor.
  return power >= 0 && (BigInt(a.digits) * 10n ** BigInt(power)) % BigInt(b.digits) === 0n;
}

export const isWhole = (value: Numeric): boolean =>
  typeof value === "number" ? Number.isInteger(value) : decimal(value).exponent >= 0;

/** Whether JavaScript has not all of its numbers exactly. */
export function hasExactNumbers(value: unknown): boolean {
  if (isExactNumber(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasExactNumbers);
}

/** A value of JSON as `JSON.parse` makes it. */
export function withRoundedNumbers(value: unknown): unknown {
  if (isExactNumber(value)) return rounded(value);
  if (Array.isArray(value)) return value.map(withRoundedNumbers);
  if (!isRaw(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withRoundedNumbers(each)]));
}

/** A power that nobody writes is only known to be what JavaScript makes of it. */
const decimal = (value: Numeric): Decimal => decimalOf(numberText(value)) ?? (decimalOf(String(rounded(value))) as Decimal);

const signOf = ({ digits, isNegative }: Decimal): number => (digits === "0" ? 0 : isNegative ? -1 : 1);

function compareSizes(a: Decimal, b: Decimal): number {
  const [size, other] = [a.digits.length + a.exponent, b.digits.length + b.exponent];
  if (size !== other) return size < other ? -1 : 1;
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -1 : 1;
}
