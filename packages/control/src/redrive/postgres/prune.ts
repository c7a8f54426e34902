import { whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";

const rowsInStep = 4_000;
const tables = ["job_draft_item", "job_item", "job_left_out", "job_count", "job_receipts"] as const;

/** One bounded step of removing plans that nobody confirmed in time, and jobs that ended long ago. Answers whether more is left. */
export async function prune(sql: Sql, nowMs: number, endedBeforeMs: number): Promise<boolean> {
  // Nobody confirms a plan while its rows are removed.
  const old = await sql.row<{ number: number }>(
    `SELECT number FROM job WHERE (state IN ('draft', 'plan') AND expires_ms <= $1) OR ended_ms < $2
     ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED`,
    whole(nowMs),
    whole(endedBeforeMs),
  );
  if (old === undefined) return false;
  let left = rowsInStep;
  for (const table of tables) {
    const rows = `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE job = $1 LIMIT $2)`;
    left -= await sql.run(rows, old.number, left);
    if (left <= 0) return true;
  }
  await sql.run("DELETE FROM job WHERE number = $1", old.number);
  return true;
}
