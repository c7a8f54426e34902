import type { SqlStatement } from "throughline/seams";
import { sqlTokens, type SqlToken } from "./sql-tokens.ts";

/**
 * The statements of an SQL text, each with its meaning.
 * @example sqlStatements("-- go\nCOMMIT; SELECT 'BEGIN'").map(({ kind }) => kind) // ["commit", "plain"]
 */
export function sqlStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let tokens: SqlToken[] = [];
  for (const token of sqlTokens(sql)) {
    if (token.kind !== "semicolon") tokens.push(token);
    else if (tokens.length > 0 && isComplete(tokens)) {
      statements.push(statementOf(sql, tokens));
      tokens = [];
    } else if (tokens.length > 0) tokens.push(token);
  }
  if (tokens.length > 0) statements.push(statementOf(sql, tokens));
  return statements;
}

/** A trigger's body holds semicolons: only `; END` ends it (as in sqlite3_complete). */
function isComplete(tokens: readonly SqlToken[]): boolean {
  const [create, second, third] = tokens;
  if (create?.text !== "CREATE" || create.kind !== "word") return true;
  const isTrigger =
    second?.text === "TRIGGER" || ((second?.text === "TEMP" || second?.text === "TEMPORARY") && third?.text === "TRIGGER");
  return !isTrigger || (isWord(tokens.at(-1), "END") && tokens.at(-2)?.kind === "semicolon");
}

function statementOf(sql: string, tokens: readonly SqlToken[]): SqlStatement {
  const text = sql.slice(tokens[0]?.start, tokens.at(-1)?.end);
  const [first, ...rest] = tokens;
  switch (first?.kind === "word" ? first.text : "") {
    case "PRAGMA":
    case "ATTACH":
    case "DETACH":
      return { kind: "lasting", text };
    case "BEGIN":
      return { kind: "begin", text };
    case "COMMIT":
    case "END":
      return { kind: "commit", text };
    case "ROLLBACK": {
      const to = rest.findIndex((token) => isWord(token, "TO"));
      return to < 0 ? { kind: "rollback", text } : { kind: "rollback-to", text, name: savepointName(rest.slice(to + 1)) };
    }
    case "SAVEPOINT":
      return { kind: "savepoint", text, name: savepointName(rest) };
    case "RELEASE":
      return { kind: "release", text, name: savepointName(rest) };
    default:
      return { kind: "plain", text };
  }
}

/** `name` or `SAVEPOINT name`; names of savepoints do not tell capitals apart. */
function savepointName(tokens: readonly SqlToken[]): string {
  const name = tokens.length > 1 && isWord(tokens[0], "SAVEPOINT") ? tokens[1] : tokens[0];
  return (name?.text ?? "").toUpperCase();
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}
