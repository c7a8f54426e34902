import type { SqliteFile } from "../../sqlite-file/sqlite-file.ts";

const rowsInStep = 4_000;
const tables = ["job_draft_item", "job_item", "job_left_out", "job_count", "job_receipts"] as const;

/** One bounded step of removing plans that nobody confirmed in time, and jobs that ended long ago. Answers whether more is left. */
export function prune(file: SqliteFile, nowMs: number, endedBeforeMs: number): boolean {
  const complete = file.one(
    "SELECT number FROM job WHERE state != 'draft' AND EXISTS (SELECT 1 FROM job_draft_item d WHERE d.job = job.number) LIMIT 1",
  );
  // What a plan was drafted of is needed no more once it is complete.
  if (complete !== undefined) return rows(file, "job_draft_item", Number(complete["number"]), rowsInStep) > 0;
  const old = file.one(
    `SELECT number FROM job WHERE (state IN ('draft', 'plan') AND expires_ms <= ?) OR ended_ms < ? ORDER BY number LIMIT 1`,
    nowMs,
    endedBeforeMs,
  );
  if (old === undefined) return false;
  const job = Number(old["number"]);
  let left = rowsInStep;
  for (const table of tables) {
    left -= table === "job_left_out" ? leftOut(file, job, left) : rows(file, table, job, left);
    if (left <= 0) return true;
  }
  file.run("DELETE FROM job WHERE number = ?", job);
  return true;
}

const keys = {
  job_draft_item: "job, service, handler, topic, partition, offset, failure_id",
  job_item: "job, no",
  job_count: "job, state",
  job_receipts: "job, partition",
} as const;

const rows = (file: SqliteFile, table: keyof typeof keys, job: number, limit: number): number =>
  file.run(
    `DELETE FROM ${table} WHERE (${keys[table]}) IN (SELECT ${keys[table]} FROM ${table} WHERE job = ? LIMIT ?)`,
    job,
    limit,
  );

const leftOut = (file: SqliteFile, job: number, limit: number): number =>
  file.run("DELETE FROM job_left_out WHERE rowid IN (SELECT rowid FROM job_left_out WHERE job = ? LIMIT ?)", job, limit);
