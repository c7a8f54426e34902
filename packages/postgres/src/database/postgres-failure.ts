/** What a failure of the database itself means. The application's own mistakes have none. */
export type PostgresFailureKind =
  /** The server or the connection to it is away; what was open is rolled back. */
  | "unavailable"
  /** Lost against another transaction. */
  | "conflict"
  | "read-only"
  | "full"
  /** The server ended the transaction for its length. */
  | "too-long"
  /** The server does not want this user, password or database: no later try helps. */
  | "refused";

/** By SQLSTATE; a class (its first two characters) where all of it means the same. */
const kinds: Readonly<Record<string, PostgresFailureKind>> = {
  "08": "unavailable",
  "28": "refused",
  "3D": "refused",
  "40001": "conflict",
  "40P01": "conflict",
  "25006": "read-only",
  "25P03": "too-long",
  "25P04": "too-long",
  "53100": "full",
  "53200": "unavailable",
  "53300": "unavailable",
  "53400": "unavailable",
  "57P01": "unavailable",
  "57P02": "unavailable",
  "57P03": "unavailable",
  "57P05": "unavailable",
  "58030": "unavailable",
};

/** Of Node: the network, or a name that is not known. */
const systemCodes = /^(?:E(?:CONN\w+|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN|NOTFOUND|HOSTDOWN|NETDOWN)|ENOTFOUND)$/;
/** Of `pg` and `pg-pool`, whose errors have no code. */
const clientMessages =
  /^(?:Connection terminated|Client (?:has encountered a connection error|was closed)|timeout exceeded when trying to connect|timeout expired|Query read timeout|The server does not support SSL)/;
/** What a pooler says in the server's place, under SQLSTATEs of its own. */
const poolerMessages =
  /server_login_retry|server conn(?:ection)? crashed|query_wait_timeout|no more connections allowed|pgbouncer/i;

export function failureKind(error: unknown): PostgresFailureKind | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    if (poolerMessages.test(error.message) && !/^(?:28|3D)/.test(code)) return "unavailable";
    return kinds[code] ?? kinds[code.slice(0, 2)] ?? (systemCodes.test(code) ? "unavailable" : null);
  }
  if (error instanceof AggregateError && error.errors.length > 0) return failureKind(error.errors[0]);
  return clientMessages.test(error.message) ? "unavailable" : null;
}

/** Where the error says that the connection itself is over: nothing more can be sent on it. */
export function endsConnection(error: unknown): boolean {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  if (severity === "FATAL" || severity === "PANIC") return true;
  return failureKind(error) === "unavailable" && !(typeof code === "string" && code.startsWith("53"));
}
