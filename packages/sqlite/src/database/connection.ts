import { DatabaseSync } from "node:sqlite";
import { prepared } from "./prepared.ts";
import { failureKind } from "./sqlite-failure.ts";

/**
 * How long SQLite itself may block the event loop for another process's lock. Longer waits are timers (see `withLockRetry`).
 */
const busyTimeoutMs = 5;
/** Longest first wait between two tries for a lock; it shrinks while one waits, so that who waited longest tries most often. */
const firstRetryDelayMs = 20;

/** How large the write-ahead log grows before a commit moves it to the database file: more than SQLite's 4 MiB, for bulk ingest. */
const walBytes = 16 * 1024 * 1024;

export interface LockPatience {
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

export interface ConnectionOptions {
  readonly patience: LockPatience;
  /** Only for a file that is made now: larger pages take bulk appends faster, smaller ones single small writes. */
  readonly pageBytes: number;
  /** What the writing connection keeps of the file in memory. A reading one keeps at most a quarter. */
  readonly cacheBytes: number;
}

/** Opens one connection in WAL mode, waiting for other processes that open the same file. */
export async function openConnection(
  file: string,
  use: "write" | "read",
  { patience, pageBytes, cacheBytes }: ConnectionOptions,
): Promise<DatabaseSync> {
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    db.exec(`PRAGMA page_size = ${pageBytes}`);
    await withLockRetry(() => db.exec("PRAGMA journal_mode = WAL"), patience);
    db.exec(
      `PRAGMA wal_autocheckpoint = ${Math.ceil(walBytes / pageBytes)}; PRAGMA journal_size_limit = 67108864; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${Math.ceil((use === "read" ? cacheBytes / 4 : cacheBytes) / 1024)}`,
    );
    if (use === "read") db.exec("PRAGMA query_only = ON");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Runs `attempt` until another process's lock no longer stands in its way, or throws its last error after `patience.timeoutMs`.
 * Waits with timers, never by blocking. The random delay shrinks with the time waited, so nobody waits for ever behind newcomers.
 */
export async function withLockRetry<T>(attempt: () => T, patience: LockPatience): Promise<T> {
  const since = patience.now();
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      const waitedMs = patience.now() - since;
      if (failureKind(error) !== "busy" || waitedMs >= patience.timeoutMs) throw error;
      const longestMs = Math.max(1, firstRetryDelayMs / (1 + waitedMs / 50));
      await new Promise((resolve) => setTimeout(resolve, patience.random() * longestMs));
    }
  }
}

/** Ends a transaction that SQLite has not ended by itself. */
export function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) prepared(db, "ROLLBACK").run();
}
