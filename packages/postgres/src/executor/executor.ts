import type { Pool, QueryConfig } from "pg";
import type { PostgresTx } from "../store/postgres-tx.ts";

/** Sends one statement in a transaction that somebody else opened. */
export interface SqlSender {
  query(statement: QueryConfig): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
}

/** A transaction that the application opened itself, outside of the store: in a route. */
export interface ForeignTransaction extends SqlSender {
  /** Calls `done` once when it has ended, however it ended; null when its client does not tell. */
  readonly onEnd: ((done: () => void) => void) | null;
}

/**
 * What ties a store to the application's client: how to reach the server, how a handler's `ctx.tx` is made, and how to publish in a
 * transaction that the application opened. `Tx` is the client's own transaction object.
 */
export type PostgresExecutor<Tx> = ApplicationClient<Tx> & (GivesTransactions<Tx> | RunsInTransactions<Tx>);

export interface GivesTransactions<Tx> {
  /**
   * Makes the client's own transaction object over a scoped `pg` client. Every statement goes through `client.query`, where the
   * store keeps handlers that share a transaction apart; a client that sends BEGIN and COMMIT itself gets savepoints.
   */
  transactionOver(client: PostgresTx): Tx;
  readonly runOver?: undefined;
}

/** For clients that hand their transaction object to a function only. */
export interface RunsInTransactions<Tx> {
  /** The same as `transactionOver`: runs `work` with a transaction over `client`, and settles as `work` does. */
  runOver<T>(client: PostgresTx, work: (tx: Tx) => T): Promise<Awaited<T>>;
  readonly transactionOver?: undefined;
}

export interface ApplicationClient<Tx> {
  /** Where the store takes its connections: one for each unit of work. It is the application's, and stays open. */
  readonly pool: Pool;
  /** The scoped client that `tx` was made from; null for any other value. It is asked before `foreign`. */
  clientOf(tx: unknown): PostgresTx | null | Promise<PostgresTx | null>;
  /**
   * A transaction that the application opened with its client; null when `tx` is none, a string that says what it is when it is
   * something that can be named, such as a connection on which no transaction is open.
   */
  foreign(tx: unknown): ForeignTransaction | string | null;
  /** What messages tell to pass as `tx`. */
  readonly expected: string;
  /**
   * For clients whose statements the store cannot see: opens a transaction with the client itself, runs `work` in it, and commits
   * when that fulfils. `sender` sends the store's own statements in it. The store then declares `hidesStatements`: handlers get the
   * client's `tx` as it is, each event in a transaction of its own.
   */
  readonly open?: <T>(
    work: (tx: Tx, sender: SqlSender) => Promise<T>,
    options: { readonly readOnly: boolean; readonly limitMs: number },
  ) => Promise<T>;
}
