import { isExactNumber } from "./exact-json.ts";

/** An object of JSON. */
export type Raw = Readonly<Record<string, unknown>>;

export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** Whether two values of JSON are equal, as JSON Schema has it: 1.0 is 1, and members have no order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, index) => isSame(each, b[index]));
  if (isExactNumber(a)) return isExactNumber(b) && a.rawJSON === b.rawJSON;
  if (!isRaw(a) || !isRaw(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

/** The same for values that are equal. */
function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (!isRaw(value)) return JSON.stringify(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${keyOf(value[name])}`).join()}}`;
}

/** Of each list, made once: it is asked for each value of another. */
const keys = new WeakMap<readonly unknown[], ReadonlySet<string>>();

export function isOneOf(list: readonly unknown[], value: unknown): boolean {
  const known = keys.get(list) ?? new Set(list.map(keyOf));
  keys.set(list, known);
  return known.has(keyOf(value));
}

/** With Unicode where it can be read so. */
export function regexOf(text: string): RegExp | null {
  for (const flags of ["u", ""])
    try {
      return new RegExp(text, flags);
    } catch {
      // Some escapes are allowed only without it.
    }
  return null;
}

/** A JSON pointer, and what follows it. */
export function joined(pointer: string, ...path: (string | number)[]): string {
  return `${pointer}${path.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
}

/** A value in a sentence. */
export function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
