import type { QueryConfig, QueryResult, QueryResultRow } from "pg";

/**
 * One transaction on the store, as handlers get it in `ctx.tx` and routes from `store.transaction`: the `query` of a `pg` client.
 *
 * It refuses use with `TX_ENDED` once the function it was given to has settled, and with `TX_TOO_LONG` once the store has rolled
 * it back for its length. A statement that fails rejects with PostgreSQL's error and fails the whole function, caught or not,
 * unless a nested transaction around it is rolled back. `BEGIN`, `SAVEPOINT` and their ends, as an ORM sends them, act on
 * savepoints.
 *
 * @example
 *   await tx.query("INSERT INTO invoices (order_id, total) VALUES ($1, $2)", [orderId, total]);
 *   const { rows } = await tx.query<{ total: number }>("SELECT total FROM invoices WHERE order_id = $1", [orderId]);
 */
export interface PostgresTx {
  /** Runs one statement; or, without values, any number of them. */
  query<Row extends QueryResultRow = QueryResultRow>(
    statement: string | QueryConfig,
    values?: readonly unknown[],
  ): Promise<QueryResult<Row>>;
  /**
   * A nested transaction: a rejection undoes what `work` wrote through the `tx` it is given, and no more. Until it has settled,
   * only that inner `tx` may be used.
   */
  transaction<T>(work: (tx: PostgresTx) => Promise<T> | T): Promise<T>;
}
