import { storable, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { type AccessRow, isAdmin, oneIn, userIn } from "../access-rows.ts";
import type { NeededAdmin, StoredUser, UserChange, UserChanged } from "../access-store.ts";
import { endSessionsOf } from "./session-rows.ts";

/** Whoever changes users does it one after the other: of two admins who lock each other one stays. */
const oneByOne = "LOCK TABLE access_user IN SHARE ROW EXCLUSIVE MODE";

export const findUser = async (sql: Sql, name: string): Promise<StoredUser | null> =>
  oneIn(userIn, await sql.row<AccessRow>("SELECT * FROM access_user WHERE name = $1", storable(name)));

export async function addUser(sql: Sql, user: StoredUser): Promise<boolean> {
  const { name, passwordHash, grants, isLocked, createdAtMs, createdBy, loggedInAtMs } = user;
  const times = [whole(createdAtMs), storable(createdBy), loggedInAtMs === null ? null : whole(loggedInAtMs)];
  const values = [name, passwordHash, JSON.stringify(grants), isAdmin(grants), isLocked, ...times];
  const statement = "INSERT INTO access_user VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
  return (await sql.run(statement, ...values)) === 1;
}

export async function addFirstUser(sql: Sql, user: StoredUser): Promise<boolean> {
  await sql.run(oneByOne);
  return (await sql.row("SELECT 1 FROM access_user LIMIT 1")) === undefined && addUser(sql, user);
}

export async function changeUser(sql: Sql, name: string, change: UserChange, needed: NeededAdmin): Promise<UserChanged> {
  await sql.run(oneByOne);
  const user = await findUser(sql, name);
  if (user === null) return "unknown";
  const { passwordHash, grants, isLocked, loggedInAtMs } = { ...user, ...change };
  const remains = isAdmin(grants) && !isLocked;
  if (!remains && needed === "needs-admin" && (await isLastAdmin(sql, user))) return "last-admin";
  await sql.run(
    "UPDATE access_user SET password_hash = $2, grants = $3, is_admin = $4, is_locked = $5, logged_in_ms = $6 WHERE name = $1",
    user.name,
    passwordHash,
    JSON.stringify(grants),
    isAdmin(grants),
    isLocked,
    loggedInAtMs === null ? null : whole(loggedInAtMs),
  );
  if (change.endSessions !== undefined) await endSessionsOf(sql, user.name, change.endSessions.except);
  return "done";
}

export async function removeUser(sql: Sql, name: string, needed: NeededAdmin): Promise<UserChanged> {
  await sql.run(oneByOne);
  const user = await findUser(sql, name);
  if (user === null) return "unknown";
  if (needed === "needs-admin" && (await isLastAdmin(sql, user))) return "last-admin";
  await sql.run("DELETE FROM access_user WHERE name = $1", user.name);
  await endSessionsOf(sql, user.name, null);
  return "done";
}

async function isLastAdmin(sql: Sql, { name, grants, isLocked }: StoredUser): Promise<boolean> {
  if (!isAdmin(grants) || isLocked) return false;
  const others = "SELECT 1 FROM access_user WHERE is_admin AND NOT is_locked AND name <> $1 LIMIT 1";
  return (await sql.row(others, name)) === undefined;
}
