export interface JsonToken {
  readonly kind: "name" | "string" | "number" | "word" | "mark";
  readonly text: string;
}

const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/g;

/**
 * JSON text laid out, token by token. It is never parsed: a number keeps every digit that it was written with, and a name that stands
 * twice stands twice. Null where the text is not JSON.
 */
export function jsonTokens(text: string): JsonToken[] | null {
  const found = text.match(token) ?? [];
  if (found.join("") !== withoutSpace(text)) return null;
  const tokens: JsonToken[] = [];
  const add = (kind: JsonToken["kind"], part: string): void => void tokens.push({ kind, text: part });
  let depth = 0;
  const line = (): void => add("mark", `\n${"  ".repeat(depth)}`);
  for (const [at, part] of found.entries()) {
    const next = found[at + 1];
    if (part === "{" || part === "[") {
      add("mark", part);
      if (next === "}" || next === "]") continue;
      depth += 1;
      line();
    } else if (part === "}" || part === "]") {
      const before = found[at - 1];
      if (before !== "{" && before !== "[") {
        depth = Math.max(0, depth - 1);
        line();
      }
      add("mark", part);
    } else if (part === ",") {
      add("mark", part);
      line();
    } else if (part === ":") add("mark", ": ");
    else if (part.startsWith('"')) add(next === ":" ? "name" : "string", part);
    else add(/^[tfn]/.test(part) ? "word" : "number", part);
  }
  return tokens;
}

/** Without space between tokens; strings keep theirs. */
const withoutSpace = (text: string): string =>
  text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? "");

/** JSON in one line with these between its tokens; null where the text is not JSON. */
export function spacedJson(text: string, { comma, colon }: { readonly comma: string; readonly colon: string }): string | null {
  const found = text.match(token) ?? [];
  if (found.join("") !== withoutSpace(text)) return null;
  return found.map((part) => (part === "," ? comma : part === ":" ? colon : part)).join("");
}
