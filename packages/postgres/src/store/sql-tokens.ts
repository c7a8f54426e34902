/** A piece of SQL that is neither white space nor a comment. */
export interface SqlToken {
  /** `word`: a keyword or a bare name, in capitals. `name`: a quoted name or a string, without its quotes. */
  readonly kind: "word" | "name" | "semicolon" | "other";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const gap = /(?:\s+|--[^\n\r]*)+/y;
const word = /[\p{L}_\u0080-\uFFFF][\p{L}\p{N}_$\u0080-\uFFFF]*/uy;
const dollarQuote = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

/** Splits SQL as PostgreSQL does, so that a keyword in a comment, a string or a name is not mistaken for a statement's own. */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let at = 0;
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    return pattern.test(sql);
  };
  for (;;) {
    if (matches(gap)) at = gap.lastIndex;
    if (sql.startsWith("/*", at)) {
      at = endOfComment(sql, at);
      continue;
    }
    const char = sql[at];
    if (char === undefined) return;
    const start = at;
    if (char === "'" || char === '"') {
      at = endOfQuoted(sql, start + 1, char, false);
      yield { kind: "name", text: sql.slice(start + 1, at - 1).replaceAll(char + char, char), start, end: at };
    } else if ((char === "e" || char === "E") && sql[at + 1] === "'") {
      at = endOfQuoted(sql, start + 2, "'", true);
      yield { kind: "name", text: sql.slice(start + 2, at - 1), start, end: at };
    } else if (char === "$" && matches(dollarQuote)) {
      const quote = sql.slice(at, dollarQuote.lastIndex);
      const closing = sql.indexOf(quote, dollarQuote.lastIndex);
      at = closing < 0 ? sql.length : closing + quote.length;
      yield { kind: "name", text: sql.slice(start + quote.length, at - quote.length), start, end: at };
    } else if (matches(word)) {
      at = word.lastIndex;
      yield { kind: "word", text: sql.slice(start, at).toUpperCase(), start, end: at };
    } else {
      at += 1;
      yield { kind: char === ";" ? "semicolon" : "other", text: char, start, end: at };
    }
  }
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 0; ;) {
    const found = edge.exec(sql);
    if (found === null) return sql.length;
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
}

/** Just after the closing quote; a doubled one stands for itself, and in `E'…'` one behind a backslash too. */
function endOfQuoted(sql: string, from: number, quote: string, escapes: boolean): number {
  for (let at = from; at < sql.length; at += 1) {
    if (escapes && sql[at] === "\\") at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length + 1;
}
