import { type ExtractTablesWithRelations, is } from "drizzle-orm";
import { type NodePgDatabase, type NodePgQueryResultHKT, NodePgSession, NodePgTransaction } from "drizzle-orm/node-postgres";
import { PgDatabase, type PgDialect, PgTransaction } from "drizzle-orm/pg-core";
import type { ClientBase, Pool } from "pg";
import { postgresError } from "../errors/index.ts";
import type { PostgresTx } from "../store/postgres-tx.ts";
import type { PostgresExecutor } from "./executor.ts";
import { isPool } from "./is-pool.ts";
import { transactionOn } from "./pg-executor.ts";

/** What `db.transaction(async (tx) => …)` gives of a database with this schema. */
export type DrizzleTx<Schema extends Record<string, unknown> = Record<string, never>> = PgTransaction<
  NodePgQueryResultHKT,
  Schema,
  ExtractTablesWithRelations<Schema>
>;

/** A Drizzle database or transaction, as far as its typings hide it. */
interface DrizzleInside {
  readonly dialect: PgDialect;
  readonly session: {
    readonly client: unknown;
    readonly schema: ConstructorParameters<typeof NodePgSession>[2];
    readonly options: NonNullable<ConstructorParameters<typeof NodePgSession>[3]>;
  };
}

/**
 * The application's Drizzle database over a `pg` pool, which gives the store its connections. Handlers get Drizzle's own
 * transaction object; a route publishes with the `tx` of `db.transaction(async (tx) => …)`. An error of a statement comes as
 * Drizzle throws it, with PostgreSQL's, or the store's, as its `cause`.
 *
 * Throws `POSTGRES_EXECUTOR_INVALID` for a database that was not made of a pool or an address.
 * @example
 *   const db = drizzle({ client: new pg.Pool({ connectionString, pipeline: true }), schema });
 *   const store = postgres({ executor: fromDrizzle(db) });
 */
export function fromDrizzle<Schema extends Record<string, unknown> = Record<string, never>>(
  db: NodePgDatabase<Schema> & { readonly $client: Pool },
): PostgresExecutor<DrizzleTx<Schema>> {
  const pool = db.$client;
  if (!isPool(pool))
    throw postgresError("POSTGRES_EXECUTOR_INVALID", {
      what: "fromDrizzle needs a database over a pg pool: drizzle({ client: pool })",
    });
  const { dialect, session } = db as unknown as DrizzleInside;
  return {
    pool,
    transactionOver(client) {
      const own = new NodePgSession(client as unknown as ClientBase as never, dialect, session.schema, session.options);
      return new NodePgTransaction(dialect, own, session.schema) as unknown as DrizzleTx<Schema>;
    },
    clientOf: (tx) => (is(tx, PgTransaction) ? ((tx as unknown as DrizzleInside).session.client as PostgresTx) : null),
    foreign(tx) {
      if (!is(tx, PgDatabase)) return isPool(tx) ? "a pool, whose statements run on any connection" : null;
      if (!is(tx, PgTransaction)) return "the Drizzle database itself, whose statements run on any connection";
      return transactionOn((tx as unknown as DrizzleInside).session.client as ClientBase, pool);
    },
    expected: "the tx that db.transaction(async (tx) => …), store.transaction(async (tx) => …) or a handler's ctx.tx gives",
  };
}
