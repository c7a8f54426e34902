export { openSqliteLog, type SqliteLogOptions } from "./log/open-sqlite-log.ts";
export { sqliteErrors } from "./errors/index.ts";
