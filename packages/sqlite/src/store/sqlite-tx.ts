/** What a parameter can be. Dates and booleans are for you to encode: SQLite has neither. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** A value for the next `?`, or one object with the values for `:name`, `@name` and `$name`. */
export type SqliteParameter = SqliteValue | Readonly<Record<string, SqliteValue>>;

/**
 * One transaction on the store, as handlers get it in `ctx.tx` and routes from `store.transaction`. Statements run at once and
 * answer directly; each text is prepared once.
 *
 * It refuses use with `TX_ENDED` once the function it was given to has settled, and with `TX_TOO_LONG` once the store has rolled
 * it back for its length. A statement that fails throws SQLite's error and fails the whole function, caught or not, unless a
 * nested transaction around it is rolled back. `BEGIN`, `SAVEPOINT` and their ends, as an ORM sends them, act on savepoints.
 *
 * @example
 *   tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)", orderId, total);
 *   const row = tx.get<{ total: number }>("SELECT total FROM invoices WHERE order_id = ?", orderId);
 */
export interface SqliteTx {
  /** Runs one statement. */
  run(sql: string, ...parameters: readonly SqliteParameter[]): { changes: number; lastInsertRowid: number };
  /** The first row, if any. */
  get<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Row | undefined;
  all<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Row[];
  /** Runs any number of statements without parameters. */
  exec(sql: string): void;
  /**
   * A nested transaction: a rejection undoes what `work` wrote through the `tx` it is given, and no more. Until it has settled,
   * only that inner `tx` may be used.
   */
  transaction<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T>;
}
