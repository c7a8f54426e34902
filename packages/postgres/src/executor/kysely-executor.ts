import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  type QueryExecutor,
  type QueryResult,
  Transaction,
} from "kysely";
import type { Pool } from "pg";
import { postgresError } from "../errors/index.ts";
import type { PostgresTx } from "../store/postgres-tx.ts";
import type { ForeignTransaction, PostgresExecutor } from "./executor.ts";
import { isPool } from "./is-pool.ts";

/**
 * The application's Kysely database, and the `pg` pool of its dialect, which gives the store its connections. Handlers get
 * Kysely's own transaction object, with the database's plugins; a route publishes with the `trx` of
 * `db.transaction().execute(async (trx) => …)` or of `db.startTransaction()`. Streams are for routes only.
 *
 * Throws `POSTGRES_EXECUTOR_INVALID` when `pool` is none.
 * @example
 *   const pool = new pg.Pool({ connectionString, pipeline: true });
 *   const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
 *   const store = postgres({ executor: fromKysely(db, { pool }) });
 */
export function fromKysely<Database>(
  db: Kysely<Database>,
  { pool }: { readonly pool: Pool },
): PostgresExecutor<Transaction<Database>> {
  if (!isPool(pool)) throw postgresError("POSTGRES_EXECUTOR_INVALID", { what: "fromKysely needs the pg pool of its dialect" });
  const dialect = new PostgresDialect({ pool });
  const parts = { config: { dialect }, dialect, driver: dialect.createDriver() };
  return {
    pool,
    transactionOver(client) {
      const connection = new ScopedConnection(client);
      // At once, and not in turns: the store keeps the statements in order.
      const executor = db.getExecutor().withConnectionProvider({ provideConnection: (consumer) => consumer(connection) });
      return new Transaction<Database>({ ...parts, executor });
    },
    clientOf: (tx) => (tx instanceof Transaction ? scopedClient(tx.getExecutor()) : null),
    foreign(tx) {
      if (isPool(tx)) return "a pool, whose statements run on any connection";
      if (!(tx instanceof Kysely)) return null;
      if (!(tx instanceof Transaction)) return "a Kysely database, whose statements run outside of any transaction";
      const executor = tx.getExecutor().withoutPlugins();
      if (executor.adapter !== db.getExecutor().adapter) return "a transaction of another Kysely database";
      return hasEnded(executor) ? "a transaction that has ended" : transactionOf(executor, pool);
    },
    expected:
      "the trx that db.transaction().execute(async (trx) => …), store.transaction(async (trx) => …) or a handler's ctx.tx gives",
  };
}

/** What Kysely takes for a connection: the part of one that a handler may use. */
class ScopedConnection implements DatabaseConnection {
  readonly client: PostgresTx;

  constructor(client: PostgresTx) {
    this.client = client;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.client.query(sql, parameters);
    const writes = ["INSERT", "UPDATE", "DELETE", "MERGE"].includes(command);
    return { rows: (rows ?? []) as Row[], ...(writes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("a handler's transaction gives no streams; read the rows with execute()");
  }
}

/** The client of a transaction that was made here, however it was derived since: Kysely hides connections from all but consumers. */
function scopedClient(executor: QueryExecutor): PostgresTx | null {
  let found: PostgresTx | null = null;
  try {
    const consumed = executor.provideConnection(async (connection) => {
      if (connection instanceof ScopedConnection) found = connection.client;
    });
    consumed.catch(() => undefined);
  } catch {
    // One of the application's that has ended.
  }
  return found;
}

/** The executor of a transaction throws at once when that was committed or rolled back. */
function hasEnded(executor: QueryExecutor): boolean {
  try {
    executor.provideConnection(async () => undefined).catch(() => undefined);
    return false;
  } catch {
    return true;
  }
}

function transactionOf(executor: QueryExecutor, pool: Pool): ForeignTransaction {
  return {
    async query({ text, values = [] }) {
      const { rows, numAffectedRows } = await executor.executeQuery(CompiledQuery.raw(text, values as unknown[]));
      return { rows, rowCount: numAffectedRows === undefined ? null : Number(numAffectedRows) };
    },
    // Its connection goes back to the pool when it has ended.
    onEnd(done) {
      const look = (): void => {
        if (!hasEnded(executor)) return;
        pool.off("release", look);
        done();
      };
      pool.on("release", look);
    },
  };
}
