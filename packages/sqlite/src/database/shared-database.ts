import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type ConnectionOptions, type LockPatience, rollBack, withLockRetry } from "./connection.ts";
import { FollowedConnection } from "./followed-connection.ts";
import { loopTurn } from "./loop-turn.ts";
import { prepared } from "./prepared.ts";

/** Thrown errors that came from COMMIT, whose outcome may be unknown. */
export const failedCommits = new WeakSet<object>();

/**
 * The one writing and the one reading connection that a process has to a file, each behind its queue.
 * `SqliteWriter` handles share it; the last one to leave closes it.
 */
export class SharedDatabase {
  readonly file: string;
  readonly #writing: FollowedConnection;
  readonly #reading: FollowedConnection;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lastRead: Promise<unknown> = Promise.resolve();
  #handles = 0;
  #isFollowing = false;

  private constructor(file: string, writing: FollowedConnection, reading: FollowedConnection) {
    this.file = file;
    this.#writing = writing;
    this.#reading = reading;
  }

  /** Every open file of this process. A file is opened once, however many stores and logs use it. */
  static readonly #open = new Map<string, Promise<SharedDatabase>>();

  static async acquire(path: string, options: ConnectionOptions): Promise<SharedDatabase> {
    await mkdir(dirname(resolve(path)), { recursive: true });
    const file = realFile(path);
    let opening = SharedDatabase.#open.get(file);
    if (opening === undefined) {
      opening = SharedDatabase.#connect(file, options);
      SharedDatabase.#open.set(file, opening);
      opening.catch(() => SharedDatabase.#open.delete(file));
    }
    const shared = await opening;
    // The last handle may have left while we waited: then a fresh one is opened.
    if (SharedDatabase.#open.get(file) !== opening) return SharedDatabase.acquire(path, options);
    shared.#handles += 1;
    return shared;
  }

  static async #connect(file: string, options: ConnectionOptions): Promise<SharedDatabase> {
    const writing = await FollowedConnection.open(file, "write", options);
    try {
      return new SharedDatabase(file, writing, await FollowedConnection.open(file, "read", options));
    } catch (error) {
      writing.close();
      throw error;
    }
  }

  /** The strictest wish of all handles holds: once "power", each commit waits for the disk. */
  syncEveryCommit(): void {
    this.#writing.syncEveryCommit();
  }

  /** From now on another file that is put in this one's place is opened, at the next transaction. */
  follow(): void {
    this.#isFollowing = true;
  }

  write<T>(work: (db: DatabaseSync) => T | Promise<T>, patience: LockPatience): Promise<T> {
    const result = this.#lastWrite.then(() => this.#transaction(work, patience));
    this.#lastWrite = result.catch(ignore);
    return result;
  }

  read<T>(work: (db: DatabaseSync) => T | Promise<T>, patience: LockPatience): Promise<T> {
    const result = this.#lastRead.then(() => this.#snapshot(work, patience));
    this.#lastRead = result.catch(ignore);
    return result;
  }

  /** Waits for what was queued, then closes the connections if this was the last handle. */
  async release(): Promise<void> {
    await Promise.all([this.#lastWrite, this.#lastRead]);
    this.#handles -= 1;
    if (this.#handles > 0) return;
    SharedDatabase.#open.delete(this.file);
    this.#reading.close();
    this.#writing.close();
  }

  async #transaction<T>(work: (db: DatabaseSync) => T | Promise<T>, patience: LockPatience): Promise<T> {
    const turn = loopTurn();
    if (turn !== undefined) await turn;
    if (this.#isFollowing && this.#writing.mustFollow()) await this.#writing.follow();
    const { db } = this.#writing;
    await withLockRetry(() => prepared(db, "BEGIN IMMEDIATE").run(), patience);
    let result: T;
    try {
      result = await work(db);
    } catch (error) {
      rollBack(db);
      throw error;
    }
    this.#commit(db);
    return result;
  }

  #commit(db: DatabaseSync): void {
    try {
      prepared(db, "COMMIT").run();
    } catch (error) {
      if (typeof error === "object" && error !== null) failedCommits.add(error);
      rollBack(db);
      throw error;
    }
  }

  async #snapshot<T>(work: (db: DatabaseSync) => T | Promise<T>, patience: LockPatience): Promise<T> {
    const turn = loopTurn();
    if (turn !== undefined) await turn;
    if (this.#isFollowing && this.#reading.mustFollow()) await this.#reading.follow();
    const { db } = this.#reading;
    await withLockRetry(() => {
      prepared(db, "BEGIN").run();
      try {
        // Takes the snapshot now, so that a lock in the way is met here, where it is waited for.
        prepared(db, "SELECT 1 FROM sqlite_schema LIMIT 1").get();
      } catch (error) {
        rollBack(db);
        throw error;
      }
    }, patience);
    try {
      return await work(db);
    } finally {
      rollBack(db);
    }
  }
}

/** One name for one file. Never opens it: closing a second descriptor would drop the locks that SQLite holds on the first. */
function realFile(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  }
}

function ignore(): void {}
