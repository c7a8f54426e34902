import { storable, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { type AccessRow, grantsIn, oneIn, sessionIn } from "../access-rows.ts";
import type { FoundSession, StoredSession } from "../access-store.ts";

export async function addSession(sql: Sql, session: StoredSession): Promise<boolean> {
  const { id, hash, user, grants, createdAtMs, seenAtMs, endsAtMs, address, agent } = session;
  const times = [createdAtMs, seenAtMs, endsAtMs].map(whole);
  const given = grants === null ? null : JSON.stringify(grants);
  const values = [id, hash, storable(user), given, ...times, storable(address), storable(agent)];
  const statement = "INSERT INTO access_session VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
  return (await sql.run(statement, ...values)) === 1;
}

export async function findSession(sql: Sql, hash: string): Promise<FoundSession | null> {
  const row = await sql.row<AccessRow>(
    `SELECT s.*, u.grants AS user_grants FROM access_session s
       LEFT JOIN access_user u ON u.name = s.user_name AND NOT u.is_locked WHERE s.hash = $1`,
    hash,
  );
  if (row === undefined) return null;
  const session = sessionIn(row);
  const grants = session.grants ?? grantsIn(row["user_grants"]);
  return grants === null ? null : { session, grants };
}

export const endSession = async (sql: Sql, id: string): Promise<StoredSession | null> =>
  oneIn(sessionIn, await sql.row<AccessRow>("DELETE FROM access_session WHERE id = $1 RETURNING *", id));

export const endSessionsOf = (sql: Sql, user: string, except: string | null): Promise<number> =>
  sql.run("DELETE FROM access_session WHERE user_name = $1 AND grants IS NULL AND id <> $2", user, except ?? "");
