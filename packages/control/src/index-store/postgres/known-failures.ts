import type { GroupRows } from "./group-rows.ts";
import type { Sql } from "./index-database.ts";

/** What of a letter its counters need. */
export interface FailureRow {
  readonly no: number;
  readonly failure_id: string;
  readonly failed_ms: number;
  readonly state: string;
  readonly superseded: number;
  readonly failure_group: number;
  readonly tenant: number | null;
  readonly version: number;
}

const columns = "no, failure_id, failed_ms, state, superseded, failure_group, tenant, version";

/** Those of these ids that are known. */
export const failuresOf = (sql: Sql, failureIds: readonly string[]): Promise<FailureRow[]> =>
  sql.rows<FailureRow>(
    `SELECT ${columns} FROM (SELECT DISTINCT id FROM unnest($1::text[]) AS id) AS given
     JOIN failure ON md5(failure_id) = md5(given.id) AND failure_id = given.id`,
    failureIds,
  );

export const oldestFailures = (sql: Sql, beforeMs: number, most: number): Promise<FailureRow[]> =>
  sql.rows<FailureRow>(`SELECT ${columns} FROM failure WHERE failed_ms < $1 ORDER BY failed_ms, no LIMIT $2`, beforeMs, most);

/** Letters go, and are counted no more. */
export async function removeLetters(sql: Sql, groups: GroupRows, rows: readonly FailureRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.run(
    "DELETE FROM failure WHERE no = ANY ($1::bigint[])",
    rows.map(({ no }) => no),
  );
  await groups.remove(sql, rows);
}
