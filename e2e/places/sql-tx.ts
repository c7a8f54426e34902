import type { Store } from "throughline";

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** What small services ask of a transaction, on whichever database: `?` stands for the next parameter. */
export interface SqlTx {
  run(sql: string, ...parameters: readonly SqlValue[]): unknown;
  /** The first row, if any. */
  get<Row = SqlRow>(sql: string, ...parameters: readonly SqlValue[]): Row | undefined | Promise<Row | undefined>;
  all<Row = SqlRow>(sql: string, ...parameters: readonly SqlValue[]): readonly Row[] | Promise<readonly Row[]>;
}

/** A service's own database. */
export interface SqlStore extends Store<SqlTx> {
  transaction<T>(work: (tx: SqlTx) => Promise<T>): Promise<T>;
}

export interface SqlStoreOptions {
  readonly service: string;
  /** In SQLite's words; `INTEGER PRIMARY KEY` numbers the rows on either. */
  readonly tables: string;
  /** Milliseconds; for PostgreSQL only, where the default is 8,000. */
  readonly transactionLimitMs?: number;
  /** For PostgreSQL only. */
  readonly maxConnections?: number;
}
