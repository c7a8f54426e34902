import type { DatabaseSync } from "node:sqlite";
import type { LockPatience } from "./connection.ts";
import { failedCommits, SharedDatabase } from "./shared-database.ts";
import { failureKind, type FailureMapper, type SqliteFailureKind } from "./sqlite-failure.ts";

export interface SqliteWriterOptions {
  /** The error that a failure of the database becomes. */
  readonly mapFailure: FailureMapper;
  /**
   * What a commit survives: "process" (default), the end of the process, kill -9 included; "power", the loss of power too, at a
   * third of the speed. A file opened with both is kept at "power".
   */
  readonly durability?: "process" | "power";
  /** How long to wait for another process's write lock. Default 30,000 ms. */
  readonly lockTimeoutMs?: number;
  /** Opens another file that is put in this one's place, such as a restored backup, at the next transaction. Default: false. */
  readonly follow?: boolean;
  /** Page size of a file that is made now. Default 4096. */
  readonly pageBytes?: number;
  /** What a connection keeps of the file in memory, at most. Default 16 MiB: for tables that are looked up at random. */
  readonly cacheBytes?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * A database file with one writing connection in this process and one queue before it, however often the file is opened.
 *
 * Transactions run one at a time, in the order they were asked for, so code that awaits inside one can neither deadlock with its
 * neighbours nor roll them back. (A transaction that waits for another one of the same file waits for ever: do not nest.)
 * Waiting for another process's lock never blocks the event loop.
 *
 * @example
 *   const writer = await SqliteWriter.open("./data/orders.db", { mapFailure: storeFailure("./data/orders.db") });
 *   await writer.transaction((db) => prepared(db, "INSERT INTO orders (id) VALUES (?)").run("o-1"));
 */
export class SqliteWriter {
  readonly #shared: SharedDatabase;
  readonly #patience: LockPatience;
  readonly #mapFailure: FailureMapper;
  #closing: Promise<void> | undefined;

  private constructor(shared: SharedDatabase, patience: LockPatience, mapFailure: FailureMapper) {
    this.#shared = shared;
    this.#patience = patience;
    this.#mapFailure = mapFailure;
  }

  /** Opens the file; creates it and its folders where they do not exist. */
  static async open(path: string, options: SqliteWriterOptions): Promise<SqliteWriter> {
    const patience = {
      timeoutMs: options.lockTimeoutMs ?? 30_000,
      now: options.now ?? (() => performance.now()),
      random: options.random ?? Math.random,
    };
    try {
      const shared = await SharedDatabase.acquire(path, {
        patience,
        pageBytes: options.pageBytes ?? 4096,
        cacheBytes: options.cacheBytes ?? 16 * 1024 * 1024,
      });
      if (options.durability === "power") shared.syncEveryCommit();
      if (options.follow === true) shared.follow();
      return new SqliteWriter(shared, patience, options.mapFailure);
    } catch (error) {
      throw mapped(error, path, options.mapFailure);
    }
  }

  /** The file's real path. */
  get file(): string {
    return this.#shared.file;
  }

  /**
   * Runs `work` in BEGIN IMMEDIATE … COMMIT, or ROLLBACK when it throws, and then rejects with the same error. Failures of the
   * database itself are mapped; after 30 s behind another process's lock that is a retryable one, and nothing was written.
   * `work` keeps no reference to `db`, and leaves no statement running.
   */
  async transaction<T>(work: (db: DatabaseSync) => T | Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    try {
      return await this.#shared.write(work, this.#patience);
    } catch (error) {
      throw mapped(error, this.file, this.#mapFailure);
    }
  }

  /**
   * Runs `work` on the reading connection, which sees one committed state from begin to end and refuses to write. One at a
   * time, in order; writers are not held up.
   */
  async read<T>(work: (db: DatabaseSync) => T | Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    try {
      return await this.#shared.read(work, this.#patience);
    } catch (error) {
      throw mapped(error, this.file, this.#mapFailure);
    }
  }

  /** Waits for what was queued, then gives the file up. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#shared.release();
    return this.#closing;
  }

  #refuseWhenClosed(): void {
    if (this.#closing === undefined) return;
    throw this.#mapFailure({ kind: "closed", file: this.file, what: "it was closed", commitUnknown: false, cause: undefined });
  }
}

const sentences: Readonly<Record<SqliteFailureKind, string>> = {
  busy: "another process has held its write lock for too long",
  "read-only": "it, its -wal or -shm file, its folder or its disk is read-only",
  full: "the disk is full",
  "cannot-open": "it cannot be opened or created; check the folder and its permissions",
  io: "the disk failed to read or write",
  corrupt: "its content is damaged",
  "not-a-database": "it is no SQLite database",
  closed: "it was closed",
};

/** Codes of the file system that mean what an SQLite failure means, from creating the folder. */
const systemKinds: Readonly<Record<string, SqliteFailureKind>> = {
  EACCES: "cannot-open",
  EPERM: "cannot-open",
  ENOTDIR: "cannot-open",
  EEXIST: "cannot-open",
  EROFS: "read-only",
  ENOSPC: "full",
};

function mapped(error: unknown, file: string, mapFailure: FailureMapper): unknown {
  const systemCall = (error as NodeJS.ErrnoException | null)?.syscall === "mkdir";
  const kind = failureKind(error) ?? (systemCall ? (systemKinds[(error as NodeJS.ErrnoException).code ?? ""] ?? null) : null);
  if (kind === null) return error;
  const commitUnknown = kind === "io" && failedCommits.has(error as object);
  return mapFailure({ kind, file, what: `${file}: ${sentences[kind]}`, commitUnknown, cause: error });
}
