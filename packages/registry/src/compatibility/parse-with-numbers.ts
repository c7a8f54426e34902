import { randomUUID } from "node:crypto";

/**
 * Parses JSON with other values for some of its numbers. It is as quick as `JSON.parse`, which is slow with a function that is called
 * for each value: the texts that come to a registry have millions.
 * @param change Is given numbers that are written otherwise than JavaScript would write them; the same value leaves one as it is.
 */
export function parseWithNumbers(text: string, change: (value: number, source: string) => unknown): unknown {
  // Nobody who writes a text knows the name.
  const mark = randomUUID();
  const changed: unknown[] = [];
  let [marked, last] = ["", 0];
  for (const [start, end] of numbersOf(text)) {
    const source = text.slice(start, end);
    const value = Number(source);
    if (String(value) === source || !isNumber.test(source)) continue;
    const other = change(value, source);
    if (Object.is(other, value)) continue;
    marked += `${text.slice(last, start)}{"${mark}":${changed.push(other) - 1}}`;
    last = end;
  }
  if (changed.length === 0) return JSON.parse(text) as unknown;
  const restored = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Object.hasOwn(value, mark)) return changed[(value as Record<string, number>)[mark] as number];
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(value)) {
      const member = members[name];
      if (typeof member === "object") members[name] = restored(member);
    }
    return value;
  };
  return restored(parsed(marked + text.slice(last), text));
}

/** What is wrong with a text is said of the text as it was given. */
function parsed(marked: string, text: string): unknown {
  try {
    return JSON.parse(marked) as unknown;
  } catch (error) {
    JSON.parse(text);
    throw error;
  }
}

const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Where numbers may begin and end; what is in strings is none. */
function* numbersOf(text: string): Generator<readonly [start: number, end: number]> {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (isDigit(code) || code === minus) {
      const start = at;
      while (isOfNumber(text.charCodeAt(at + 1))) at += 1;
      yield [start, at + 1];
    }
  }
}

const [quote, backslash, minus, plus, point] = [34, 92, 45, 43, 46];
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isOfNumber = (code: number): boolean =>
  isDigit(code) || code === point || code === minus || code === plus || code === 69 || code === 101;

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at;
  }
  return text.length;
}
