import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { SqliteFile } from "../sqlite-file/sqlite-file.ts";
import { accessFile } from "./access-tables.ts";
import type {
  AccessStore,
  Attempt,
  FoundSession,
  NeededAdmin,
  StoredSession,
  StoredToken,
  StoredUser,
  UserChange,
  UserChanged,
} from "./access-store.ts";
import { givenBack, taken, waitMs } from "./rate-limit.ts";
import { grantsIn, isAdmin, oneIn as one, sessionIn, tokenIn, userIn } from "./access-rows.ts";

/**
 * Opens the file of users, sessions and tokens, and makes it where it is not there; nobody else on the machine may read it.
 * @throws ACCESS_STORE_UNUSABLE
 */
export async function openSqliteAccessStore(path: string): Promise<AccessStore> {
  if (path !== ":memory:") makePrivate(path);
  const file = await SqliteFile.open(path, accessFile);
  const row = await file.inTurn("read", (read) => read.one("SELECT key FROM access_key"));
  return new SqliteAccessStore(file, Buffer.from(row!["key"] as Uint8Array));
}

/** SQLite gives the files beside it the same rights. */
function makePrivate(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    throw accessFile.unusable({ file: path, what: (error as Error).message }, error);
  }
}

class SqliteAccessStore implements AccessStore {
  readonly key: Buffer;
  readonly #file: SqliteFile;

  constructor(file: SqliteFile, key: Buffer) {
    this.#file = file;
    this.key = key;
  }

  users(): Promise<StoredUser[]> {
    return this.#read((file) => file.all("SELECT * FROM access_user ORDER BY name").map(userIn));
  }

  user(name: string): Promise<StoredUser | null> {
    return this.#read((file) => one(userIn, file.one("SELECT * FROM access_user WHERE name = ?", name)));
  }

  addUser(user: StoredUser): Promise<boolean> {
    return this.#write((file) => insertUser(file, user));
  }

  addFirstUser(user: StoredUser): Promise<boolean> {
    return this.#write((file) => file.one("SELECT 1 FROM access_user") === undefined && insertUser(file, user));
  }

  changeUser(name: string, change: UserChange, needed: NeededAdmin): Promise<UserChanged> {
    return this.#write((file) => {
      const user = one(userIn, file.one("SELECT * FROM access_user WHERE name = ?", name));
      if (user === null) return "unknown";
      const { passwordHash, grants, isLocked, loggedInAtMs } = { ...user, ...change };
      const remains = isAdmin(grants) && !isLocked;
      if (!remains && needed === "needs-admin" && isLastAdmin(file, user)) return "last-admin";
      file.run(
        "UPDATE access_user SET password_hash = ?, grants = ?, is_admin = ?, is_locked = ?, logged_in_ms = ? WHERE name = ?",
        passwordHash,
        JSON.stringify(grants),
        isAdmin(grants) ? 1 : 0,
        isLocked ? 1 : 0,
        loggedInAtMs,
        name,
      );
      if (change.endSessions !== undefined) endSessionsOf(file, name, change.endSessions.except);
      return "done";
    });
  }

  removeUser(name: string, needed: NeededAdmin): Promise<UserChanged> {
    return this.#write((file) => {
      const user = one(userIn, file.one("SELECT * FROM access_user WHERE name = ?", name));
      if (user === null) return "unknown";
      if (needed === "needs-admin" && isLastAdmin(file, user)) return "last-admin";
      file.run("DELETE FROM access_user WHERE name = ?", name);
      endSessionsOf(file, name, null);
      return "done";
    });
  }

  async addSession(session: StoredSession): Promise<void> {
    const { id, hash, user, grants, createdAtMs, seenAtMs, endsAtMs, address, agent } = session;
    const given = grants === null ? null : JSON.stringify(grants);
    const values = [id, hash, user, given, createdAtMs, seenAtMs, endsAtMs, address, agent];
    await this.#write((file) => file.run("INSERT INTO access_session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...values));
  }

  session(hash: string): Promise<FoundSession | null> {
    return this.#read((file) => {
      const row = file.one(
        `SELECT s.*, u.grants AS user_grants FROM access_session s
           LEFT JOIN access_user u ON u.name = s.user_name AND u.is_locked = 0 WHERE s.hash = ?`,
        hash,
      );
      if (row === undefined) return null;
      const session = sessionIn(row);
      const grants = session.grants ?? grantsIn(row["user_grants"]);
      return grants === null ? null : { session, grants };
    });
  }

  sessions(nowMs: number): Promise<StoredSession[]> {
    const sql = "SELECT * FROM access_session WHERE ends_ms > ? ORDER BY seen_ms DESC, id";
    return this.#read((file) => file.all(sql, nowMs).map(sessionIn));
  }

  async touchSession(id: string, atMs: number): Promise<void> {
    await this.#write((file) => file.run("UPDATE access_session SET seen_ms = ? WHERE id = ? AND seen_ms < ?", atMs, id, atMs));
  }

  endSession(id: string): Promise<StoredSession | null> {
    return this.#write((file) => one(sessionIn, file.one("DELETE FROM access_session WHERE id = ? RETURNING *", id)));
  }

  addToken(token: StoredToken): Promise<boolean> {
    const { id, hash, name, grants, createdBy, createdAtMs, expiresAtMs, usedAtMs } = token;
    const values = [id, hash, name, JSON.stringify(grants), createdBy, createdAtMs, expiresAtMs, usedAtMs];
    return this.#write(
      (file) =>
        file.run("INSERT INTO access_token VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING", ...values) === 1,
    );
  }

  token(hash: string): Promise<StoredToken | null> {
    return this.#read((file) => one(tokenIn, file.one("SELECT * FROM access_token WHERE hash = ?", hash)));
  }

  tokens(): Promise<StoredToken[]> {
    return this.#read((file) => file.all("SELECT * FROM access_token ORDER BY name").map(tokenIn));
  }

  async touchToken(id: string, atMs: number): Promise<void> {
    await this.#write((file) => file.run("UPDATE access_token SET used_ms = ? WHERE id = ?", atMs, id));
  }

  endToken(id: string): Promise<StoredToken | null> {
    return this.#write((file) => one(tokenIn, file.one("DELETE FROM access_token WHERE id = ? RETURNING *", id)));
  }

  takeAttempts(attempts: readonly Attempt[], nowMs: number): Promise<number> {
    return this.#write((file) => {
      const waiting = attempts.map(({ bucket, limit }) => waitMs(fullAtMs(file, bucket), limit, nowMs));
      const longest = Math.max(0, ...waiting);
      if (longest > 0) return longest;
      for (const { bucket, limit } of attempts) setFull(file, bucket, taken(fullAtMs(file, bucket), limit, nowMs));
      return 0;
    });
  }

  async giveBackAttempts(attempts: readonly Attempt[]): Promise<void> {
    await this.#write((file) => {
      for (const { bucket, limit } of attempts) setFull(file, bucket, givenBack(fullAtMs(file, bucket), limit));
    });
  }

  async prune({ sessionsMs, idleSinceMs, tokensMs }: Parameters<AccessStore["prune"]>[0]): Promise<void> {
    await this.#write((file) => {
      file.run("DELETE FROM access_session WHERE ends_ms <= ? OR seen_ms < ?", sessionsMs, idleSinceMs);
      file.run("DELETE FROM access_token WHERE expires_ms <= ?", tokensMs);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read<T>(work: (file: SqliteFile) => T): Promise<T> {
    return this.#file.inTurn("read", work);
  }

  #write<T>(work: (file: SqliteFile) => T): Promise<T> {
    return this.#file.inTurn("write", work);
  }
}

const fullAtMs = (file: SqliteFile, bucket: number): number =>
  Number(file.one("SELECT full_ms FROM access_attempt WHERE bucket = ?", bucket)?.["full_ms"] ?? 0);

const setFull = (file: SqliteFile, bucket: number, fullMs: number): number =>
  file.run("INSERT OR REPLACE INTO access_attempt VALUES (?, ?)", bucket, Math.round(fullMs));

const isLastAdmin = (file: SqliteFile, { name, grants, isLocked }: StoredUser): boolean =>
  isAdmin(grants) &&
  !isLocked &&
  file.one("SELECT 1 FROM access_user WHERE is_admin = 1 AND is_locked = 0 AND name <> ?", name) === undefined;

const endSessionsOf = (file: SqliteFile, user: string, except: string | null): number =>
  file.run("DELETE FROM access_session WHERE user_name = ? AND grants IS NULL AND id <> ?", user, except ?? "");

function insertUser(file: SqliteFile, user: StoredUser): boolean {
  const { name, passwordHash, grants, isLocked, createdAtMs, createdBy, loggedInAtMs } = user;
  const flags = [isAdmin(grants) ? 1 : 0, isLocked ? 1 : 0];
  const values = [name, passwordHash, JSON.stringify(grants), ...flags, createdAtMs, createdBy, loggedInAtMs];
  return file.run("INSERT INTO access_user VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", ...values) === 1;
}
