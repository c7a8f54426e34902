/** What stands in the place of a personal value. */
export const MASK = "[personal]";

/** Shorter values, and numbers, are masked only where they stand alone: "7" in "room 7", not in "2027". */
const SUBSTRING_LENGTH = 4;

/** Masks the values of one event's personal fields (R15). */
export interface PersonalValues {
  /** Nothing to mask: the contract marks no field, or the event has none of them. */
  readonly isEmpty: boolean;
  /** The text without the values that stand in it verbatim. */
  maskText(text: string): string;
  /** A copy of plain JSON: strings masked as by `maskText`, and whatever stands under the name of a personal field. */
  maskJson(value: unknown): unknown;
}

/**
 * Finds the personal values of an event's data, and masks them. `true`, `false` and `null` are masked only under their
 * field's name.
 * @param paths The fields, as JSON pointers (`/customer/email`) or dotted (`customer.email`); a path goes through every
 *   item of an array. A field that holds an object makes everything in it personal.
 * @example
 *   personalValues({ email: "ada@example.org" }, ["email"]).maskText("no mailbox ada@example.org"); // "no mailbox [personal]"
 */
export function personalValues(data: unknown, paths: readonly string[]): PersonalValues {
  return paths.length === 0 ? NOTHING : personalValuesOfAll([{ data, paths }]);
}

/** Those of several events at once. Nothing is looked for until something is to be masked. */
export function personalValuesOfAll(events: readonly { data: unknown; paths: readonly string[] }[]): PersonalValues {
  if (events.every(({ paths }) => paths.length === 0)) return NOTHING;
  let found: { pattern: RegExp | null; names: ReadonlySet<string> } | undefined;
  const maskText = (text: string): string => {
    const { pattern } = (found ??= findAll(events));
    return pattern === null ? text : text.replace(pattern, MASK);
  };
  return { isEmpty: false, maskText, maskJson: (value) => maskJson(value, maskText, (found ??= findAll(events)).names) };
}

function findAll(events: readonly { data: unknown; paths: readonly string[] }[]) {
  const texts = new Set<string>();
  const names = new Set<string>();
  for (const { data, paths } of events) {
    for (const path of paths) {
      const segments = path.startsWith("/") ? path.slice(1).split("/").map(unescapePointer) : path.split(".");
      const name = segments.at(-1);
      if (name !== undefined) names.add(name);
      collect(data, segments, texts);
    }
  }
  return { pattern: patternOf(texts), names };
}

const NOTHING: PersonalValues = { isEmpty: true, maskText: (text) => text, maskJson: (value) => value };

function unescapePointer(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

function collect(value: unknown, path: readonly string[], into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, into);
  } else if (typeof value === "object" && value !== null) {
    const [name, ...rest] = path;
    if (name === undefined) for (const inner of Object.values(value)) collect(inner, [], into);
    else collect((value as Record<string, unknown>)[name], rest, into);
  } else if (path.length === 0 && (typeof value === "string" || typeof value === "number") && value !== "") {
    const text = String(value);
    into.add(text);
    // As it stands in a value that was thrown, or a body that was quoted.
    const escaped = JSON.stringify(text).slice(1, -1);
    if (escaped !== text) into.add(escaped);
  }
}

/** One expression for all values, longest first, so that a value that contains another is masked whole. */
function patternOf(texts: ReadonlySet<string>): RegExp | null {
  if (texts.size === 0) return null;
  const parts = [...texts]
    .sort((a, b) => b.length - a.length)
    .map((text) => {
      const literal = text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
      const standsAlone = text.length < SUBSTRING_LENGTH || /^-?[\d.]+$/.test(text);
      return standsAlone ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
    });
  return new RegExp(parts.join("|"), "gu");
}

function maskJson(value: unknown, maskText: (text: string) => string, names: ReadonlySet<string>): unknown {
  if (typeof value === "string") return maskText(value);
  if (typeof value === "number") return maskText(String(value)) === String(value) ? value : MASK;
  if (Array.isArray(value)) return value.map((item) => maskJson(item, maskText, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [maskText(name), names.has(name) ? MASK : maskJson(inner, maskText, names)]),
  );
}
