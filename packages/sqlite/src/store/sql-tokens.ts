/** A piece of SQL that is neither white space nor a comment. */
export interface SqlToken {
  /** `word`: a keyword or a bare name, in capitals. `name`: a quoted name or a string, without its quotes. */
  readonly kind: "word" | "name" | "semicolon" | "other";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const closingQuotes: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };
// SQLite takes a byte order mark for white space, and NUL for the end.
const gap = /(?:[\s\uFEFF\0]+|--[^\n]*|\/\*[^]*?(?:\*\/|$))+/y;
const word = /[\p{L}\p{N}_$\u0080-\uFFFF]+/uy;

/** Splits SQL as SQLite does, so that a keyword in a comment, a string or a name is not mistaken for a statement's own. */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let at = 0;
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    return pattern.test(sql);
  };
  for (;;) {
    if (matches(gap)) at = gap.lastIndex;
    const char = sql[at];
    if (char === undefined) return;
    const start = at;
    const closing = closingQuotes[char];
    if (closing !== undefined) {
      at = endOfQuoted(sql, start + 1, closing);
      yield { kind: "name", text: sql.slice(start + 1, at - 1).replaceAll(closing + closing, closing), start, end: at };
    } else if (matches(word)) {
      at = word.lastIndex;
      yield { kind: "word", text: sql.slice(start, at).toUpperCase(), start, end: at };
    } else {
      at += 1;
      yield { kind: char === ";" ? "semicolon" : "other", text: char, start, end: at };
    }
  }
}

/** Just after the closing quote; a doubled one stands for itself, except in `[…]`. */
function endOfQuoted(sql: string, from: number, closing: string): number {
  for (let at = from; ; at += 2) {
    at = sql.indexOf(closing, at);
    if (at < 0) return sql.length + 1;
    if (closing === "]" || sql[at + 1] !== closing) return at + 1;
  }
}
