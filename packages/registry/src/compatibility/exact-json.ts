// JSON.rawJSON and the third argument of a reviver are in Node 22 and later; TypeScript's library does not know them yet.
const exact = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * Parses JSON so that `JSON.stringify` gives each number back with all its digits, and the same for equal numbers: `1.0` is `1`. Those
 * that no number of JavaScript is exactly are objects of `JSON.rawJSON` (see `isExactNumber`).
 */
export function parseExactly(text: string): unknown {
  return parsed(text, (number, isExact) => (isExact ? Number(asText(number)) : exact.rawJSON(asText(number))));
}

/** Parses JSON with the whole numbers that JavaScript's are not exactly as bigints, as far as 64 bits and some more go. */
export function parseWithBigints(text: string): unknown {
  return parsed(text, (number, _, value) =>
    Number.isSafeInteger(value) || number.exponent < 0n || number.exponent > 20n
      ? value
      : BigInt(number.digits) * 10n ** number.exponent * (number.isNegative ? -1n : 1n),
  );
}

export function isExactNumber(value: unknown): boolean {
  return exact.isRawJSON(value);
}

/** A value of JSON in a text, bigints included. */
export function bigintsInText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? exact.rawJSON(String(each)) : each));
}

/** Digits without zeros at their ends, times a power of ten: equal numbers are the same. */
interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: bigint;
}

function parsed(text: string, change: (number: Decimal, isExact: boolean, value: number) => unknown): unknown {
  return exact.parse(text, (_, value, { source }) => {
    if (typeof value !== "number" || source === undefined || String(value) === source) return value;
    const number = decimalOf(source);
    return change(number, Number.isFinite(value) && asText(decimalOf(String(value))) === asText(number), value);
  });
}

function decimalOf(text: string): Decimal {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (all[start] === "0") start += 1;
  while (end > start && all[end - 1] === "0") end -= 1;
  if (start === end) return { isNegative: false, digits: "0", exponent: 0n };
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(all.length - end);
  return { isNegative: sign === "-", digits: all.slice(start, end), exponent };
}

function asText({ isNegative, digits, exponent }: Decimal): string {
  return `${isNegative ? "-" : ""}${digits}${exponent === 0n ? "" : `e${exponent}`}`;
}
