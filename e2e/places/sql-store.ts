import { sqlite } from "@throughline/sqlite";
import { openPostgresStore } from "./postgres-sql-store.ts";
import type { SqlStore, SqlStoreOptions } from "./sql-tx.ts";
import { urlOf } from "./store-names.ts";

/** `sqlite:<file>`, or `postgres://…`; `{service}` stands for the service. */
export function openSqlStore(url: string, options: SqlStoreOptions): SqlStore {
  const { service, tables } = options;
  if (url.startsWith("sqlite:")) return sqlite({ file: urlOf(url, service).slice("sqlite:".length), tables });
  return openPostgresStore(url, options);
}
