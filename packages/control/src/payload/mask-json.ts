import { isExactNumber, parseExact } from "./exact-json.ts";

/** What stands in the place of a personal value. */
export const personalMask = "[personal]";

export interface MaskedJson {
  readonly text: string;
  /** The places that were masked, as JSON pointers. */
  readonly masked: readonly string[];
}

/**
 * JSON without its personal values; numbers stay as they were written.
 * @param paths The properties, as JSON pointers or dotted; a path goes through every item of an array.
 * @param within Where the data stands in the text: in an envelope it is a part.
 * @throws SyntaxError for what is no JSON, RangeError for what is too deep
 */
export function maskJson(text: string, paths: readonly string[], within: readonly string[] = []): MaskedJson {
  const masked: string[] = [];
  const segments = paths.map((path) => [...within, ...pathSegments(path)]);
  const value = maskAt(parseExact(text), segments, "", masked);
  return { text: JSON.stringify(value, null, 2), masked };
}

function maskAt(value: unknown, paths: readonly (readonly string[])[], pointer: string, masked: string[]): unknown {
  if (paths.some((path) => path.length === 0)) {
    masked.push(pointer);
    return personalMask;
  }
  if (paths.length === 0 || typeof value !== "object" || value === null || isExactNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item, at) => maskAt(item, paths, `${pointer}/${at}`, masked));
  for (const name of Object.keys(value)) {
    const inner = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    if (inner.length === 0) continue;
    const found = (value as Record<string, unknown>)[name];
    const shown = maskAt(found, inner, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, masked);
    Object.defineProperty(value, name, { value: shown, enumerable: true });
  }
  return value;
}

/** The names that a JSON pointer, or a dotted path, goes along. */
export const pathSegments = (path: string): string[] =>
  path.startsWith("/")
    ? path
        .slice(1)
        .split("/")
        .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))
    : path.split(".");
