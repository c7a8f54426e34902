import { DatabaseSync } from "node:sqlite";
import type { IndexStore } from "../index-store.ts";
import { indexVersion, schema } from "./schema.ts";
import { SqliteIndexStore } from "./sqlite-index-store.ts";

/** Its write-ahead log is copied to the file every so many pages: bulk indexing rewrites the same pages again and again. */
const checkpointPages = 16_000;
const cacheKiB = 64 * 1024;
/** Another process that writes is waited for; each of its transactions is a batch. */
const busyTimeoutMs = 5_000;

/**
 * Opens the index in a file, and makes it where it is not there. A file of another version of the index is emptied: all of it is read
 * from the log again.
 * @example await using store = openSqliteIndex("./data/control.db")
 */
export function openSqliteIndex(file: string): IndexStore {
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(
      `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = 134217728;
       PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`,
    );
    db.exec("BEGIN IMMEDIATE");
    if (versionOf(db) !== indexVersion) recreate(db);
    db.exec("COMMIT");
    const reader = new DatabaseSync(file, { timeout: busyTimeoutMs });
    reader.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${cacheKiB}; PRAGMA mmap_size = 2147418112`);
    return new SqliteIndexStore(db, reader, recreate);
  } catch (error) {
    db.close();
    throw error;
  }
}

const versionOf = (db: DatabaseSync): number =>
  (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

/** Empties the file and makes its tables, in the caller's transaction. */
function recreate(db: DatabaseSync): void {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  for (const { name } of tables as { name: string }[]) db.exec(`DROP TABLE "${name}"`);
  db.exec(schema);
  db.exec(`PRAGMA user_version = ${indexVersion}`);
}
