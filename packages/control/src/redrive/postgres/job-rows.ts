import { controlError } from "../../errors/catalogue.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { activeStates, askingStates, jobIn, type JobRow } from "../job-in-row.ts";
import type { JobState, JobTerms, RedriveJob } from "../job.ts";
import type { JobChange, ReceiptPosition } from "../job-store.ts";
import { count } from "./job-counts.ts";

/** The number of a plan or job, by which its rows are known. */
export async function numberOf(sql: Sql, id: string, lock = ""): Promise<number> {
  const row = await sql.row<{ number: number }>(`SELECT number FROM job WHERE id = $1 ${lock}`, storable(id));
  if (row === undefined) throw controlError("REDRIVE_NO_SUCH_JOB", { id });
  return row.number;
}

/** Whoever changes a job, or its items, does it one after the other: so its counts are those of its items. */
export const lockedNumberOf = (sql: Sql, id: string): Promise<number> => numberOf(sql, id, "FOR UPDATE");

export async function jobOf(sql: Sql, id: string): Promise<RedriveJob | null> {
  const row = await sql.row<JobRow>("SELECT * FROM job WHERE id = $1 AND state NOT IN ('draft', 'plan')", storable(id));
  return row === undefined ? null : (await withCounts(sql, [row]))[0]!;
}

export async function jobsOf(
  sql: Sql,
  { cursor, limit }: { cursor: number | null; limit: number },
): Promise<{ jobs: RedriveJob[]; cursor: number | null }> {
  const rows = await sql.rows<JobRow>(
    "SELECT * FROM job WHERE state NOT IN ('draft', 'plan') AND number < $1 ORDER BY number DESC LIMIT $2",
    cursor ?? Number.MAX_SAFE_INTEGER,
    limit + 1,
  );
  return {
    jobs: await withCounts(sql, rows.slice(0, limit)),
    cursor: rows.length > limit ? Number(rows[limit - 1]!["number"]) : null,
  };
}

export const activeJobs = async (sql: Sql): Promise<RedriveJob[]> =>
  withCounts(
    sql,
    await sql.rows<JobRow>(`SELECT * FROM job WHERE state IN ${activeStates} AND ended_ms IS NULL ORDER BY number`),
  );

async function withCounts(sql: Sql, rows: readonly JobRow[]): Promise<RedriveJob[]> {
  if (rows.length === 0) return [];
  const numbers = rows.map(({ number }) => number);
  const counts = await sql.rows<JobRow>("SELECT * FROM job_count WHERE job = ANY ($1::bigint[]) AND count > 0", numbers);
  return rows.map((row) =>
    jobIn(
      row,
      counts.filter(({ job }) => job === row["number"]),
    ),
  );
}

/** Two that confirm at once would each see nothing of the other: they do it one after the other. */
const confirming = "SELECT pg_advisory_xact_lock(hashtextextended('throughline jobs confirm', 7))";

export async function confirm(
  sql: Sql,
  id: string,
  terms: JobTerms,
  from: readonly ReceiptPosition[],
  nowMs: number,
): Promise<RedriveJob | null> {
  await sql.row(confirming);
  const row = await sql.row<JobRow>("SELECT * FROM job WHERE id = $1 FOR UPDATE", storable(id));
  if (row === undefined || row["state"] === "draft") return null;
  if (row["state"] !== "plan") return jobOf(sql, id);
  if (Number(row["expires_ms"]) <= nowMs) return null;
  const job = Number(row["number"]);
  await passOver(sql, job);
  const started = "UPDATE job SET state = 'running', terms = $2, started_ms = $3 WHERE number = $1";
  await sql.run(started, job, JSON.stringify(terms), whole(nowMs));
  await sql.run(
    "INSERT INTO job_receipts SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[])",
    job,
    from.map(({ partition }) => partition),
    from.map(({ offset }) => offset),
  );
  return jobOf(sql, id);
}

/** Two jobs of one letter would ask its service twice: the first one has it. */
async function passOver(sql: Sql, job: number): Promise<void> {
  const taken = await sql.run(
    `UPDATE job_item AS it SET state = 'in-another-job', detail = 'another job has it' WHERE it.job = $1 AND EXISTS (
       SELECT 1 FROM job_item o JOIN job j ON j.number = o.job
       WHERE md5(o.failure_id) = md5(it.failure_id) AND o.failure_id = it.failure_id AND o.job <> $1
         AND o.state IN ('waiting', 'asked', 'accepted', 'failing') AND j.state IN ${askingStates} AND j.ended_ms IS NULL)`,
    job,
  );
  await count(sql, job, { waiting: -taken, "in-another-job": taken });
}

export async function change(sql: Sql, id: string, from: readonly JobState[], asked: JobChange): Promise<RedriveJob | null> {
  const locked = await sql.row<{ number: number }>("SELECT number FROM job WHERE id = $1 FOR UPDATE", storable(id));
  const before = locked === undefined ? null : await jobOf(sql, id);
  if (before === null || !from.includes(before.state)) return null;
  const job = locked!.number;
  const { state = before.state, problem = before.problem, stage = before.stage, forgiven = before.forgiven } = asked;
  const { endedAtMs = before.endedAtMs } = asked;
  await sql.run(
    "UPDATE job SET state = $2, problem = $3, stage = $4, forgiven = $5, ended_ms = $6 WHERE number = $1",
    job,
    state,
    storableOrNull(problem),
    stage,
    forgiven,
    endedAtMs === null ? null : whole(endedAtMs),
  );
  if (asked.ratePerSecond !== undefined) {
    const terms = "UPDATE job SET terms = jsonb_set(terms::jsonb, '{ratePerSecond}', $2::jsonb)::text WHERE number = $1";
    await sql.run(terms, job, JSON.stringify(asked.ratePerSecond));
  }
  if (asked.dropWaiting === true) {
    const dropped = await sql.run("UPDATE job_item SET state = 'cancelled' WHERE job = $1 AND state = 'waiting'", job);
    await count(sql, job, { waiting: -dropped, cancelled: dropped });
  }
  // A payload is kept no longer than it takes to send it (R15).
  if (asked.endedAtMs !== undefined) await sql.run("UPDATE job SET edited = NULL WHERE number = $1", job);
  return jobOf(sql, id);
}
