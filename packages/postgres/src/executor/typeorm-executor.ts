import type { ClientBase, Pool } from "pg";
import { type DataSource, EntityManager, type QueryRunner } from "typeorm";
import { postgresError } from "../errors/index.ts";
import type { PostgresTx } from "../store/postgres-tx.ts";
import type { PostgresExecutor } from "./executor.ts";
import { isPool } from "./is-pool.ts";
import { transactionOn } from "./pg-executor.ts";

/** A query runner of TypeORM's driver for PostgreSQL, as far as its typings hide it. */
interface QueryRunnerInside {
  databaseConnection?: unknown;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/**
 * The application's TypeORM data source, whose pool gives the store its connections. Handlers get an entity manager in their
 * transaction; a route publishes with the `manager` of `dataSource.transaction(async (manager) => …)`. `manager.transaction`
 * inside it is a savepoint. An error of a statement comes as TypeORM throws it, with PostgreSQL's, or the store's, as its `driverError`.
 *
 * Throws `POSTGRES_EXECUTOR_INVALID` when the data source is not initialised, or not on PostgreSQL.
 * @example
 *   const dataSource = await new DataSource({ type: "postgres", url, entities, extra: { pipeline: true } }).initialize();
 *   const store = postgres({ executor: fromTypeOrm(dataSource) });
 */
export function fromTypeOrm(dataSource: DataSource): PostgresExecutor<EntityManager> {
  const pool = (dataSource.driver as { readonly master?: unknown }).master;
  if (dataSource.options.type !== "postgres")
    throw postgresError("POSTGRES_EXECUTOR_INVALID", {
      what: `the data source is of type ${dataSource.options.type}, not postgres`,
    });
  if (!isPool(pool))
    throw postgresError("POSTGRES_EXECUTOR_INVALID", {
      what: "the data source is not open; await dataSource.initialize() first",
    });
  return {
    pool,
    transactionOver(client) {
      const runner = dataSource.createQueryRunner();
      // It then begins none of its own, and what is nested in it are savepoints.
      const begun: QueryRunnerInside = { databaseConnection: client, isTransactionActive: true, transactionDepth: 1 };
      return Object.assign(runner, begun).manager;
    },
    clientOf: (tx) => (runnerOf(tx)?.databaseConnection as PostgresTx | undefined) ?? null,
    foreign(tx) {
      if (isPool(tx)) return "a pool, whose statements run on any connection";
      if (tx === dataSource) return "the data source itself, whose statements run on any connection";
      if (!(tx instanceof EntityManager)) return null;
      return foreignManager(tx, dataSource, pool);
    },
    expected:
      "the manager that dataSource.transaction(async (manager) => …), store.transaction(async (manager) => …) or a handler's ctx.tx gives",
  };
}

function foreignManager(manager: EntityManager, dataSource: DataSource, pool: Pool): ReturnType<typeof transactionOn> {
  if (manager.dataSource !== dataSource) return "a manager of another data source";
  const runner = runnerOf(manager);
  if (runner === undefined) return "a manager whose statements run on any connection";
  if (runner.isReleased) return "the manager of a transaction that has ended";
  if (!runner.isTransactionActive || runner.databaseConnection === undefined) return "a manager in which no transaction is open";
  return transactionOn(runner.databaseConnection as ClientBase, pool);
}

function runnerOf(tx: unknown): (QueryRunner & Partial<QueryRunnerInside>) | undefined {
  return tx instanceof EntityManager ? tx.queryRunner : undefined;
}
