import { storable, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { type AccessRow, oneIn, tokenIn } from "../access-rows.ts";
import type { StoredToken } from "../access-store.ts";

export async function addToken(sql: Sql, token: StoredToken): Promise<boolean> {
  const { id, hash, name, grants, createdBy, createdAtMs, expiresAtMs, usedAtMs } = token;
  const times = [whole(createdAtMs), whole(expiresAtMs), usedAtMs === null ? null : whole(usedAtMs)];
  const values = [id, hash, name, JSON.stringify(grants), storable(createdBy), ...times];
  const statement = "INSERT INTO access_token VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
  return (await sql.run(statement, ...values)) === 1;
}

export const findToken = async (sql: Sql, hash: string): Promise<StoredToken | null> =>
  oneIn(tokenIn, await sql.row<AccessRow>("SELECT * FROM access_token WHERE hash = $1", hash));

export const tokens = async (sql: Sql): Promise<StoredToken[]> =>
  (await sql.rows<AccessRow>('SELECT * FROM access_token ORDER BY name COLLATE "C"')).map(tokenIn);

export const endToken = async (sql: Sql, id: string): Promise<StoredToken | null> =>
  oneIn(tokenIn, await sql.row<AccessRow>("DELETE FROM access_token WHERE id = $1 RETURNING *", storable(id)));
