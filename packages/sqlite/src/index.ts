export { openSqliteLog, type SqliteLogOptions } from "./log/open-sqlite-log.ts";
export { sqliteErrors } from "./errors/index.ts";
export { sqlite, type SqliteStore, type SqliteStoreOptions } from "./store/sqlite-store.ts";
export { migrateSqliteStore, sqliteStoreOwner, sqliteStoreSql } from "./store/store-tools.ts";
export type { SqliteParameter, SqliteTx, SqliteValue } from "./store/sqlite-tx.ts";
