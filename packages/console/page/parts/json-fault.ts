/** Where a text stops being JSON. Lines and columns are counted from 1, as editors do. */
export interface JsonFault {
  readonly at: number;
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

const space = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- JSON has none of them inside a string
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;

type Wanted = "value" | "value or ]" | "name" | "name or }" | ":" | ", or }" | ", or ]" | "nothing more";

/** Looks for the first fault; null where the text is JSON. Nothing is parsed into numbers, so none is rounded. */
export function jsonFault(text: string): JsonFault | null {
  const open: ("{" | "[")[] = [];
  let at = 0;
  let wanted: Wanted = "value";
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const afterValue = (): Wanted => (open.length === 0 ? "nothing more" : open.at(-1) === "{" ? ", or }" : ", or ]");
  const fault = (where: number, what: string): JsonFault => ({ at: where, ...placeOf(text, where), what });
  for (;;) {
    take(space);
    const next = text[at];
    if (next === undefined) return wanted === "nothing more" ? null : fault(at, `it ends, and ${said[wanted]} is missing`);
    const isEnd = next === (open.at(-1) === "{" ? "}" : "]") && open.length > 0;
    if (isEnd && (wanted === ", or }" || wanted === ", or ]" || wanted === "name or }" || wanted === "value or ]")) {
      open.pop();
      at += 1;
      wanted = afterValue();
    } else if (wanted === ":" && next === ":") {
      at += 1;
      wanted = "value";
    } else if ((wanted === ", or }" || wanted === ", or ]") && next === ",") {
      at += 1;
      wanted = open.at(-1) === "{" ? "name" : "value";
    } else if (wanted === "name" || wanted === "name or }") {
      if (next !== '"') return fault(at, `${said[wanted]} is wanted, and ${shown(next)} stands there`);
      if (!take(string)) return inString(text, at, fault);
      wanted = ":";
    } else if (wanted === "value" || wanted === "value or ]") {
      if (next === "{" || next === "[") {
        open.push(next);
        at += 1;
        wanted = next === "{" ? "name or }" : "value or ]";
      } else if (next === '"') {
        if (!take(string)) return inString(text, at, fault);
        wanted = afterValue();
      } else if (take(number) || take(word)) wanted = afterValue();
      else return fault(at, `${said[wanted]} is wanted, and ${shown(next)} stands there`);
    } else return fault(at, `${said[wanted]} is wanted, and ${shown(next)} stands there`);
  }
}

const said: Readonly<Record<Wanted, string>> = {
  value: "a value",
  "value or ]": "a value or “]”",
  name: "a name in quotes",
  "name or }": "a name in quotes or “}”",
  ":": "“:”",
  ", or }": "“,” or “}”",
  ", or ]": "“,” or “]”",
  "nothing more": "the end",
};

const shown = (letter: string): string => `“${letter}”`;

/** What is wrong with a string, where it is wrong. */
function inString(text: string, from: number, fault: (at: number, what: string) => JsonFault): JsonFault {
  for (let at = from + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "\n" || letter === "\r") return fault(at, "the line ends inside a string: a line break is written \\n");
    if (letter < " ") return fault(at, "a control character stands inside a string: it is written \\u and four digits");
    if (letter !== "\\") continue;
    if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 6)))
      return fault(at, `${shown(text.slice(at, at + 2))} is no escape: a backslash is written \\\\`);
    at += 1;
  }
  return fault(from, "this string has no end");
}

function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split(/\r\n|\n|\r/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
