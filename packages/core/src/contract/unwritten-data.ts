import { types } from "node:util";
import { deepestPlain } from "./evaluation/plain-data.ts";
import { disclose } from "./personal-paths.ts";
import type { Problem } from "./problem.ts";

/**
 * Whether JSON writes all of it as it is, and it is plain data, as `isPlainData` has it: one look at each value, for it runs for each
 * event that is published. Where it is not so, `unwrittenData` tells what is wrong, if anything is.
 */
export function isWrittenWhole(value: unknown, depth = 0): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > deepestPlain) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isWrittenWhole(value[index], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const names = Object.getOwnPropertyNames(value);
  for (let index = 0; index < names.length; index++) {
    const property = Object.getOwnPropertyDescriptor(value, names[index] as string) as PropertyDescriptor;
    // A getter has no value.
    if (property.enumerable !== true || !isWrittenWhole(property.value, depth + 1)) return false;
  }
  return true;
}

/** Where a value stands: in what, and under which name. */
interface Place {
  readonly outer: Place | null;
  readonly name: string;
}

/**
 * What of data JSON would write as something else than what is checked, or not at all: then the check would be of other data than
 * readers get. A property that is undefined is none, in the check as in the JSON.
 * @param personal Paths of the properties whose names below no pointer may show.
 */
export function unwrittenData(data: unknown, personal: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const found = (place: Place | null, message: string): void => {
    const segments: string[] = [];
    for (let at = place; at !== null; at = at.outer) segments.unshift(at.name);
    problems.push({ pointer: disclose(segments, personal).pointer, message });
  };
  try {
    look(data, null, "", found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    found(null, "must not be nested that deeply");
  }
  return problems;
}

type Found = (place: Place | null, message: string) => void;

/** The place is made only where something stands inside. */
function look(value: unknown, outer: Place | null, name: string, found: Found): void {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  const place = name === "" && outer === null ? null : { outer, name };
  if (typeof value !== "object") return found(place, `must be what JSON can write, but is ${nameOf(value)}`);
  if (typeof (value as { toJSON?: unknown }).toJSON === "function")
    return found(place, "must be plain data, and has a toJSON that would write something else than what is checked");
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item !== "string") look(item, place, String(index), found);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && holdsWhatIsNoProperty(value))
    return found(place, `must be plain data, but is ${nameOf(value)}`);
  const names = Object.getOwnPropertyNames(value);
  for (let index = 0; index < names.length; index++) {
    const property = names[index] as string;
    const { get, set, enumerable, value: each } = Object.getOwnPropertyDescriptor(value, property) as PropertyDescriptor;
    if (get !== undefined || set !== undefined || enumerable !== true)
      found({ outer: place, name: property }, "must be a plain property, and not one with a getter or a hidden one");
    else if (each !== undefined) look(each, place, property, found);
  }
}

function holdsWhatIsNoProperty(value: object): boolean {
  return types.isBoxedPrimitive(value) || types.isMap(value) || types.isSet(value) || types.isPromise(value);
}

function nameOf(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  return `a ${typeof value === "object" ? Object.prototype.toString.call(value).slice("[object ".length, -1) : typeof value}`;
}
