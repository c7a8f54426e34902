export { postgresErrors } from "./errors/index.ts";
export type {
  ApplicationClient,
  ForeignTransaction,
  GivesTransactions,
  PostgresExecutor,
  RunsInTransactions,
  SqlSender,
} from "./executor/executor.ts";
export { fromPool } from "./executor/pg-executor.ts";
export { postgres, type PostgresStore, type PostgresStoreOptions } from "./store/postgres-store.ts";
export type { PostgresTx } from "./store/postgres-tx.ts";
export { migratePostgresStore, postgresStoreName, postgresStoreOwner, postgresStoreSql } from "./store/store-tools.ts";
