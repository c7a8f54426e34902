import type { SqlStatement } from "throughline/seams";
import { sqlTokens, type SqlToken } from "./sql-tokens.ts";

/** A statement of an application, and what it means for those that share its transaction. */
export type ReadStatement = SqlStatement & {
  /** Returns rows, or locks explicitly: nothing for handlers that overlap. */
  readonly reads: boolean;
  /** Changes the connection beyond the end of the transaction. */
  readonly taints: boolean;
};

/** Functions that leave something behind: settings of the transaction, and locks of the session. */
const lastingFunctions = new Set([
  "SET_CONFIG",
  "PG_ADVISORY_LOCK",
  "PG_ADVISORY_LOCK_SHARED",
  "PG_TRY_ADVISORY_LOCK",
  "PG_TRY_ADVISORY_LOCK_SHARED",
]);
const returning = new Set(["SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH", "LOCK", "CALL"]);

/**
 * The statements of an SQL text, each with its meaning.
 * @example sqlStatements("-- go\nCOMMIT; SELECT 'BEGIN'").map(({ kind }) => kind) // ["commit", "plain"]
 */
export function sqlStatements(sql: string): ReadStatement[] {
  const statements: ReadStatement[] = [];
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

/** A function's body between BEGIN ATOMIC and END holds semicolons. */
function isComplete(tokens: readonly SqlToken[]): boolean {
  if (!isWord(tokens[0], "CREATE") || !tokens.some((token) => isWord(token, "ATOMIC"))) return true;
  return isWord(tokens.at(-1), "END") && tokens.at(-2)?.kind === "semicolon";
}

function statementOf(sql: string, tokens: readonly SqlToken[]): ReadStatement {
  const text = sql.slice(tokens[0]?.start, tokens.at(-1)?.end);
  const [first, ...rest] = tokens;
  const command = first?.kind === "word" ? first.text : "";
  const has = (name: string): boolean => tokens.some((token) => isWord(token, name));
  const reads = returning.has(command) || has("RETURNING") || (command === "WITH" && !writes(tokens));
  const plain = { text, reads, taints: false };
  switch (command) {
    case "SET":
      return {
        ...plain,
        kind: "lasting",
        taints: !isWord(rest[0], "LOCAL") && !isWord(rest[0], "TRANSACTION") && !isWord(rest[0], "CONSTRAINTS"),
      };
    case "RESET":
    case "DISCARD":
    case "LISTEN":
    case "UNLISTEN":
    case "PREPARE":
    case "DEALLOCATE":
    case "DO":
    case "LOAD":
      return { ...plain, kind: "lasting", taints: true };
    case "DECLARE":
      return { ...plain, kind: "lasting", taints: has("HOLD") };
    case "CREATE":
      if (isWord(rest[0], "TEMP") || isWord(rest[0], "TEMPORARY")) return { ...plain, kind: "lasting", taints: true };
      return { ...plain, kind: "plain" };
    case "BEGIN":
    case "START":
      // What it says of isolation cannot be had in a transaction that is open.
      return has("ISOLATION") ? { ...plain, kind: "lasting" } : { ...plain, kind: "begin" };
    case "COMMIT":
    case "END":
      return { ...plain, kind: "commit" };
    case "ABORT":
      return { ...plain, kind: "rollback" };
    case "ROLLBACK": {
      const to = rest.findIndex((token) => isWord(token, "TO"));
      return to < 0 ? { ...plain, kind: "rollback" } : { ...plain, kind: "rollback-to", name: savepointName(rest.slice(to + 1)) };
    }
    case "SAVEPOINT":
      return { ...plain, kind: "savepoint", name: savepointName(rest) };
    case "RELEASE":
      return { ...plain, kind: "release", name: savepointName(rest) };
    default:
      break;
  }
  const lasting = tokens.filter(({ kind, text: name }) => kind === "word" && lastingFunctions.has(name));
  if (lasting.length === 0) return { ...plain, kind: "plain" };
  return {
    ...plain,
    kind: "lasting",
    taints: lasting.some(({ text: name }) => name !== "SET_CONFIG") || !isLocalSetting(tokens),
  };
}

/** `set_config(name, value, true)`: the last argument, if it stands there as a word. */
function isLocalSetting(tokens: readonly SqlToken[]): boolean {
  const at = tokens.findIndex((token) => isWord(token, "SET_CONFIG"));
  return tokens.slice(at).some((token) => isWord(token, "TRUE"));
}

function writes(tokens: readonly SqlToken[]): boolean {
  return tokens.some((token) => ["INSERT", "UPDATE", "DELETE", "MERGE"].some((name) => isWord(token, name)));
}

/** `name` or `SAVEPOINT name`. */
function savepointName(tokens: readonly SqlToken[]): string {
  const name = tokens.length > 1 && isWord(tokens[0], "SAVEPOINT") ? tokens[1] : tokens[0];
  return (name?.text ?? "").toUpperCase();
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}

const kept = 1_000;
const known = new Map<string, readonly ReadStatement[]>();

/** Reads an SQL text, or remembers it: the application writes them, perhaps with values inside. The oldest are forgotten. */
export function readStatements(sql: string): readonly ReadStatement[] {
  let statements = known.get(sql);
  if (statements === undefined) {
    statements = sqlStatements(sql);
    const [oldest] = known.keys();
    if (known.size >= kept && oldest !== undefined) known.delete(oldest);
    known.set(sql, statements);
  }
  return statements;
}
