import { randomBytes } from "node:crypto";
import { MigratedDatabase } from "../../postgres/migrated-database.ts";
import { storable, whole } from "../../postgres/storable.ts";
import { type AccessRow, sessionIn, userIn } from "../access-rows.ts";
import type { AccessStore } from "../access-store.ts";
import { accessDatabase } from "./access-migrations.ts";
import { giveBackAttempts, takeAttempts } from "./attempt-rows.ts";
import { addSession, endSession, findSession } from "./session-rows.ts";
import { addToken, endToken, findToken, tokens } from "./token-rows.ts";
import { addFirstUser, addUser, changeUser, findUser, removeUser } from "./user-rows.ts";

const keyBytes = 32;

/**
 * Users, sessions and tokens in a PostgreSQL database, in a schema of their own, for several control planes: who logs in at one is logged in
 * at all of them, and who is shut out of one is shut out of all.
 * @throws ACCESS_DATABASE_UNUSABLE
 * @example await using store = await openPostgresAccessStore("postgres://control:password@db:5432/control");
 */
export async function openPostgresAccessStore(url: string): Promise<AccessStore> {
  const database = await MigratedDatabase.open(url, accessDatabase);
  try {
    return storeOn(database, await keyOf(database));
  } catch (error) {
    await database.close();
    throw accessDatabase.unusable((error as Error).message, error);
  }
}

/** Of those who open an empty database at once one makes the key. */
async function keyOf({ sql }: MigratedDatabase): Promise<Buffer> {
  await sql.run("INSERT INTO access_key (key) VALUES ($1) ON CONFLICT DO NOTHING", randomBytes(keyBytes));
  return (await sql.row<{ key: Buffer }>("SELECT key FROM access_key"))!.key;
}

function storeOn(database: MigratedDatabase, key: Buffer): AccessStore {
  const { sql } = database;
  return {
    key,
    users: async () => (await sql.rows<AccessRow>('SELECT * FROM access_user ORDER BY name COLLATE "C"')).map(userIn),
    user: (name) => findUser(sql, name),
    addUser: (user) => addUser(sql, user),
    addFirstUser: (user) => database.transaction((within) => addFirstUser(within, user)),
    changeUser: (name, change, needed) => database.transaction((within) => changeUser(within, name, change, needed)),
    removeUser: (name, needed) => database.transaction((within) => removeUser(within, name, needed)),

    addSession: async (session) => void (await addSession(sql, session)),
    session: (hash) => findSession(sql, hash),
    sessions: async (nowMs) => {
      const statement = "SELECT * FROM access_session WHERE ends_ms > $1 ORDER BY seen_ms DESC, id";
      return (await sql.rows<AccessRow>(statement, whole(nowMs))).map(sessionIn);
    },
    touchSession: async (id, atMs) =>
      void (await sql.run("UPDATE access_session SET seen_ms = $2 WHERE id = $1 AND seen_ms < $2", id, whole(atMs))),
    endSession: (id) => endSession(sql, storable(id)),

    addToken: (token) => addToken(sql, token),
    token: (hash) => findToken(sql, hash),
    tokens: () => tokens(sql),
    touchToken: async (id, atMs) => void (await sql.run("UPDATE access_token SET used_ms = $2 WHERE id = $1", id, whole(atMs))),
    endToken: (id) => endToken(sql, id),

    takeAttempts: (attempts, nowMs) => database.transaction((within) => takeAttempts(within, attempts, nowMs)),
    giveBackAttempts: (attempts) => database.transaction((within) => giveBackAttempts(within, attempts)),

    prune: async ({ sessionsMs, idleSinceMs, tokensMs }) => {
      const sessions = "DELETE FROM access_session WHERE ends_ms <= $1 OR seen_ms < $2";
      await sql.run(sessions, whole(sessionsMs), whole(idleSinceMs));
      await sql.run("DELETE FROM access_token WHERE expires_ms <= $1", whole(tokensMs));
    },
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
}
