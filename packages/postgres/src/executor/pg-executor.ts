import pg from "pg";
import type { ClientBase, Pool, PoolConfig } from "pg";
import type { PostgresTx } from "../store/postgres-tx.ts";
import type { ApplicationClient, ForeignTransaction, GivesTransactions } from "./executor.ts";

/**
 * The application's own `pg` pool. Handlers get a `PostgresTx`; a route publishes with the `pg` client on which it sent BEGIN.
 * Make the pool with `pipeline: true`: statements then need not wait for each other's answers.
 * @example
 *   const pool = new pg.Pool({ connectionString, pipeline: true });
 *   const store = postgres({ executor: fromPool(pool) });
 */
export function fromPool(pool: Pool): ApplicationClient<PostgresTx> & GivesTransactions<PostgresTx> {
  return {
    pool,
    transactionOver: (client) => client,
    clientOf: (tx) => tx as PostgresTx,
    foreign: (tx) => foreignTransaction(tx, pool),
    expected:
      "the tx that store.transaction(async (tx) => …) or a handler's ctx.tx gives, or a pg client on which BEGIN was sent",
  };
}

/** The store's own pool, closed with it. */
export function poolFor(config: PoolConfig): Pool {
  const pool = new pg.Pool({ connectionTimeoutMillis: 30_000, ...config, pipeline: true });
  // One that is idle and lost is replaced; without a listener it would end the process.
  pool.on("error", () => undefined);
  return pool;
}

type ClientInside = Pick<ClientBase, "query"> & {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly connection?: {
    on(event: "readyForQuery", listener: (message: { status: string }) => void): void;
    off(event: "readyForQuery", listener: (message: { status: string }) => void): void;
    once(event: "end", listener: () => void): void;
  };
  getTransactionStatus?(): string | null;
};

/** A `pg` client as a transaction; a sentence's middle that says why it is none; null for anything but a client. */
export function foreignTransaction(tx: unknown, pool: Pool): ForeignTransaction | string | null {
  if (tx instanceof pg.Pool) return "a pool, whose statements run on any connection";
  return tx instanceof pg.Client ? transactionOn(tx, pool) : null;
}

/** The transaction that is open on a `pg` client, which may come from the application's own copy of `pg`. */
export function transactionOn(opened: Pick<ClientBase, "query">, pool: Pool): ForeignTransaction | string {
  const client = opened as unknown as ClientInside;
  const { host, port, database } = new pg.Client(pool.options) as unknown as ClientInside;
  if (client.host !== host || client.port !== port || client.database !== database) return "a client of another database";
  const status = client.getTransactionStatus?.();
  if (status === "I") return "a client on which no transaction is open";
  if (status === "E") return "a client whose transaction has failed";
  return {
    query: (statement) => client.query(statement),
    onEnd: (done) => {
      const { connection } = client;
      if (connection === undefined) return;
      const look = ({ status: now }: { status: string }): void => {
        if (now !== "I") return;
        connection.off("readyForQuery", look);
        done();
      };
      connection.on("readyForQuery", look);
    },
  };
}
