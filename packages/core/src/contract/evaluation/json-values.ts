/** Whether two values of JSON are the same: 1.0 is 1, and members have no order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, index) => isSame(each, b[index]));
  const [left, right] = [membersOf(a), membersOf(b)];
  return (
    left.length === right.length && left.every(([name, value]) => Object.hasOwn(b, name) && isSame(value, (b as Members)[name]))
  );
}

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: object): [string, unknown][] => Object.entries(value).filter(([, each]) => each !== undefined);

/** The first two items that are the same, as their places; null where all differ. */
export function repeated(items: readonly unknown[]): readonly [number, number] | null {
  const places = new Map<unknown, number>();
  const composed: number[] = [];
  for (const [index, item] of items.entries()) {
    if (typeof item === "object" && item !== null) {
      const before = composed.find((other) => isSame(items[other], item));
      if (before !== undefined) return [before, index];
      composed.push(index);
    } else {
      const before = places.get(item);
      if (before !== undefined) return [before, index];
      places.set(item, index);
    }
  }
  return null;
}

/** Whether a number is a multiple, as the decimals that JSON writes: 0.3 is one of 0.1. */
export function isMultiple(number: number, divisor: number): boolean {
  if (Number.isSafeInteger(number) && Number.isSafeInteger(divisor)) return number % divisor === 0;
  const [a, b] = [decimal(number), decimal(divisor)];
  const scale = Math.max(a.scale, b.scale);
  return (a.digits * 10n ** BigInt(scale - a.scale)) % (b.digits * 10n ** BigInt(scale - b.scale)) === 0n;
}

/** As whole digits and how many of them stand behind the point. */
function decimal(number: number): { readonly digits: bigint; readonly scale: number } {
  const [mantissa = "0", exponent = "0"] = String(number).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** In code points, as JSON Schema counts. */
export function lengthOf(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    length++;
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}
