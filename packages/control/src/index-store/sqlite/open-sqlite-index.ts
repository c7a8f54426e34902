import { DatabaseSync } from "node:sqlite";
import { isThroughlineError } from "throughline";
import { controlError } from "../../errors/catalogue.ts";
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
 * from the log again. Throws `INDEX_FILE_FOREIGN` for a file that holds something else, `INDEX_FILE_UNUSABLE` for one that cannot be read.
 * @example await using store = openSqliteIndex("./data/control.db")
 */
export function openSqliteIndex(file: string): IndexStore {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: busyTimeoutMs });
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(
      `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = 134217728;
       PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`,
    );
    db.exec("BEGIN IMMEDIATE");
    refuseForeign(db, file);
    if (pragma(db, "user_version") !== indexVersion) recreate(db);
    db.exec("COMMIT");
    const reader = new DatabaseSync(file, { timeout: busyTimeoutMs });
    reader.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${cacheKiB}; PRAGMA mmap_size = 2147418112`);
    return new SqliteIndexStore(db, reader, recreate);
  } catch (error) {
    db?.close();
    if (isThroughlineError(error)) throw error;
    throw controlError("INDEX_FILE_UNUSABLE", { file, what: (error as Error).message }, error);
  }
}

const pragma = (db: DatabaseSync, name: "user_version" | "application_id"): number =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0]!;

/** Marks a file as an index of ours: nothing else is ever emptied. "TLix". */
const applicationId = 0x544c6978;

function refuseForeign(db: DatabaseSync, file: string): void {
  if (pragma(db, "application_id") === applicationId) return;
  const [table] = tablesOf(db);
  if (table !== undefined) throw controlError("INDEX_FILE_FOREIGN", { file, table });
}

const tablesOf = (db: DatabaseSync): string[] =>
  (
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all() as { name: string }[]
  ).map(({ name }) => name);

/** Empties the file and makes its tables, in the caller's transaction. */
function recreate(db: DatabaseSync): void {
  for (const name of tablesOf(db)) db.exec(`DROP TABLE "${name}"`);
  db.exec(schema);
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${indexVersion}`);
}
