import { existsSync } from "node:fs";
import { coreError } from "throughline/seams";
import { sqlitePath } from "../database/sqlite-address.ts";
import { SqliteWriter } from "../database/writer.ts";
import { storeFailure } from "../errors/index.ts";
import { migrateStore, migrationScript } from "./migrate.ts";

const ownerTableSql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'throughline_service'";
const ownerSql = "SELECT name FROM throughline_service";

/**
 * The SQL of the store's tables as one transaction, for teams whose own tool migrates the database: what a store at migration
 * `after` lacks. A store that has run it opens with `migrate: false`.
 */
export const sqliteStoreSql = (options: { after: number }): string => migrationScript(options.after);

/**
 * The service that a store belongs to; null where no service has opened it yet. Changes nothing, and never makes a file.
 * @example await sqliteStoreOwner("sqlite:./data/orders.db") // "orders"
 */
export function sqliteStoreOwner(address: string): Promise<string | null> {
  return withFile(address, (writer) =>
    writer.read((db) => {
      if (db.prepare(ownerTableSql).get() === undefined) return null;
      return (db.prepare(ownerSql).get() as { name: string } | undefined)?.name ?? null;
    }),
  );
}

/** Brings the tables of an existing file to this version; returns what it applied. */
export function migrateSqliteStore(address: string, options: { nowMs: number }): Promise<{ number: number; name: string }[]> {
  return withFile(address, (writer) =>
    writer.transaction((db) => migrateStore(db, { file: writer.file, migrate: true, nowMs: options.nowMs })),
  );
}

async function withFile<T>(address: string, work: (writer: SqliteWriter) => Promise<T>): Promise<T> {
  const path = sqlitePath(address);
  if (!existsSync(path)) throw coreError("STORE_UNAVAILABLE", { store: path, what: "there is no such file" });
  const writer = await SqliteWriter.open(path, { mapFailure: storeFailure(path) });
  try {
    return await work(writer);
  } finally {
    await writer.close();
  }
}
