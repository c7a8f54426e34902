import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { type ConnectionOptions, openConnection } from "./connection.ts";

/** How long a file that was put in this one's place may go unnoticed. */
const lookEveryMs = 200;

/** SQLite's "cannot open": what failed may succeed when the file is there. */
const cannotOpen = 14;

/**
 * A connection to a file by its name, though another file is put in its place: a restored backup. Without it the process would go on
 * writing to a file that nobody sees any more. Use it between transactions only.
 */
export class FollowedConnection {
  readonly #file: string;
  readonly #use: "write" | "read";
  readonly #options: ConnectionOptions;
  #db: DatabaseSync;
  #identity: string | null;
  #lookedAtMs = performance.now();
  #isSynced = false;

  private constructor(file: string, use: "write" | "read", options: ConnectionOptions, db: DatabaseSync) {
    this.#file = file;
    this.#use = use;
    this.#options = options;
    this.#db = db;
    this.#identity = identityOf(file);
  }

  static async open(file: string, use: "write" | "read", options: ConnectionOptions): Promise<FollowedConnection> {
    return new FollowedConnection(file, use, options, await openConnection(file, use, options));
  }

  /** The connection as it was opened last. */
  get db(): DatabaseSync {
    return this.#db;
  }

  /** True when another file, or none, has this one's name. Looks a few times a second. */
  mustFollow(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < lookEveryMs) return false;
    this.#lookedAtMs = nowMs;
    return this.#identity !== null && identityOf(this.#file) !== this.#identity;
  }

  /** Opens the file that has the name now. Fails as a database that cannot be opened while there is none. */
  async follow(): Promise<void> {
    const identity = identityOf(this.#file);
    // Looks again at the next transaction.
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    if (identity === null) throw Object.assign(new Error(`${this.#file} was moved away or deleted`), { errcode: cannotOpen });
    const next = await openConnection(this.#file, this.#use, this.#options);
    this.#db.close();
    this.#db = next;
    this.#identity = identity;
    if (this.#isSynced) this.syncEveryCommit();
  }

  syncEveryCommit(): void {
    this.#isSynced = true;
    this.#db.exec("PRAGMA synchronous = FULL");
  }

  close(): void {
    this.#db.close();
  }
}

/** Null when there is no such file, or the file system gives files no identity. */
function identityOf(file: string): string | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined || stats.ino === 0 ? null : `${stats.dev}/${stats.ino}`;
}
