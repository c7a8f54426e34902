/** What went wrong with the database as a whole; anything else (a constraint, a wrong statement) is the caller's own affair. */
export type SqliteFailureKind = "busy" | "read-only" | "full" | "cannot-open" | "io" | "corrupt" | "not-a-database" | "closed";

export interface SqliteFailure {
  readonly kind: SqliteFailureKind;
  readonly file: string;
  /** A sentence for people. */
  readonly what: string;
  /** True when it is not known whether the transaction was committed. */
  readonly commitUnknown: boolean;
  readonly cause: unknown;
}

/** Turns a failure of the database into the error its users know: a code of the store's or of the log's seam. */
export type FailureMapper = (failure: SqliteFailure) => Error;

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const kinds: Readonly<Record<number, SqliteFailureKind>> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannot-open",
  26: "not-a-database",
};

/** The kind of failure that `error` stands for; null when it is none of the database's own. */
export function failureKind(error: unknown): SqliteFailureKind | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? (kinds[code & 0xff] ?? null) : null;
}
