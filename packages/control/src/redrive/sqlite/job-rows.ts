import { controlError } from "../../errors/catalogue.ts";
import type { Row, SqliteFile } from "../../sqlite-file/sqlite-file.ts";
import type { ItemState, JobState, JobTerms, RedriveJob } from "../job.ts";
import type { JobChange, ReceiptPosition } from "../job-store.ts";
import { activeStates, askingStates, jobIn } from "../job-in-row.ts";

/** Items that one transaction drops, so that none holds up the process: with all 100,000 of a job it would for seconds. */
const mostDropped = 2_000;
/** The same for items that are compared with those of other jobs. */
const mostPassed = 2_000;

/** The number of a plan or job, by which its rows are known. */
export function numberOf(file: SqliteFile, id: string): number {
  const row = file.one("SELECT number FROM job WHERE id = ?", id);
  if (row === undefined) throw controlError("REDRIVE_NO_SUCH_JOB", { id });
  return Number(row["number"]);
}

export function jobOf(file: SqliteFile, id: string): RedriveJob | null {
  const row = file.one("SELECT * FROM job WHERE id = ? AND state NOT IN ('draft', 'plan')", id);
  return row === undefined ? null : jobFrom(file, row);
}

export function jobsOf(
  file: SqliteFile,
  { cursor, limit }: { cursor: number | null; limit: number },
): { jobs: RedriveJob[]; cursor: number | null } {
  const rows = file.all(
    "SELECT * FROM job WHERE state NOT IN ('draft', 'plan') AND number < ? ORDER BY number DESC LIMIT ?",
    cursor ?? Number.MAX_SAFE_INTEGER,
    limit + 1,
  );
  return {
    jobs: rows.slice(0, limit).map((row) => jobFrom(file, row)),
    cursor: rows.length > limit ? Number(rows[limit - 1]!["number"]) : null,
  };
}

export const activeJobs = (file: SqliteFile): RedriveJob[] =>
  file
    .all(`SELECT * FROM job WHERE state IN ${activeStates} AND ended_ms IS NULL ORDER BY number`)
    .map((row) => jobFrom(file, row));

const jobFrom = (file: SqliteFile, row: Row): RedriveJob =>
  jobIn(row, file.all("SELECT state, count FROM job_count WHERE job = ? AND count > 0", row["number"]!));

export function confirm(
  file: SqliteFile,
  id: string,
  terms: JobTerms,
  from: readonly ReceiptPosition[],
  nowMs: number,
  passed: PassedOver,
): RedriveJob | null {
  const row = file.one("SELECT * FROM job WHERE id = ?", id);
  if (row === undefined || row["state"] === "draft") return null;
  if (row["state"] !== "plan") return jobFrom(file, row);
  if (Number(row["expires_ms"]) <= nowMs) return null;
  const job = Number(row["number"]);
  // One that began since the last look is compared here, at once: it has to be in the transaction.
  if (othersOf(file, job) !== passed.others) passOver(file, id, null, Number.MAX_SAFE_INTEGER);
  file.run("UPDATE job SET state = 'running', terms = ?, started_ms = ? WHERE number = ?", JSON.stringify(terms), nowMs, job);
  for (const { partition, offset } of from) file.run("INSERT INTO job_receipts VALUES (?, ?, ?)", job, partition, offset);
  return jobOf(file, id);
}

/** How far a plan was compared with the jobs that run: those that it was compared with, and the item that is next; null when it is done. */
export interface PassedOver {
  readonly others: string;
  readonly next: number | null;
}

/**
 * Two jobs of one letter would ask its service twice: the first one has it. Compares some items of a plan, so that no transaction is long;
 * where another job began meanwhile, from the first one again.
 */
export function passOver(file: SqliteFile, id: string, before: PassedOver | null, most = mostPassed): PassedOver {
  const row = file.one("SELECT number, total FROM job WHERE id = ? AND state = 'plan'", id);
  const others = row === undefined ? "" : othersOf(file, Number(row["number"]));
  if (row === undefined || others === "") return { others, next: null };
  const job = Number(row["number"]);
  const from = before?.others === others ? (before.next ?? 0) : 0;
  const taken = file.run(
    `UPDATE job_item SET state = 'in-another-job', detail = 'another job has it'
     WHERE job = ?1 AND no >= ?2 AND no < ?3 AND state = 'waiting' AND EXISTS (
       SELECT 1 FROM job_item o JOIN job j ON j.number = o.job
       WHERE o.failure_id = job_item.failure_id AND o.job != ?1 AND o.state IN ('waiting', 'asked', 'accepted', 'failing')
         AND j.state IN ${askingStates} AND j.ended_ms IS NULL)`,
    job,
    from,
    from + most,
  );
  count(file, job, "waiting", -taken);
  count(file, job, "in-another-job", taken);
  return { others, next: from + most < Number(row["total"]) ? from + most : null };
}

/** The jobs that ask; empty for none. */
const othersOf = (file: SqliteFile, job: number): string =>
  file
    .all(`SELECT number FROM job WHERE state IN ${askingStates} AND ended_ms IS NULL AND number != ? ORDER BY number`, job)
    .map(({ number }) => String(number))
    .join();

export function count(file: SqliteFile, job: number, state: ItemState, by: number): void {
  if (by === 0) return;
  file.run("INSERT INTO job_count VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + ?3", job, state, by);
}

export function change(file: SqliteFile, id: string, from: readonly JobState[], asked: JobChange): RedriveJob | null {
  const before = jobOf(file, id);
  if (before === null || !from.includes(before.state)) return null;
  const job = numberOf(file, id);
  const { state = before.state, problem = before.problem, stage = before.stage, forgiven = before.forgiven, endedAtMs } = asked;
  file.run(
    "UPDATE job SET state = ?, problem = ?, stage = ?, forgiven = ?, ended_ms = ? WHERE number = ?",
    state,
    problem,
    stage,
    forgiven,
    endedAtMs ?? before.endedAtMs,
    job,
  );
  if (asked.ratePerSecond !== undefined)
    file.run(
      "UPDATE job SET terms = json_set(terms, '$.ratePerSecond', json(?)) WHERE number = ?",
      String(asked.ratePerSecond),
      job,
    );
  if (asked.dropWaiting === true) {
    const dropped = file.run(
      `UPDATE job_item SET state = 'cancelled' WHERE job = ?1 AND no IN (
         SELECT no FROM job_item WHERE job = ?1 AND state = 'waiting' LIMIT ${mostDropped})`,
      job,
    );
    count(file, job, "waiting", -dropped);
    count(file, job, "cancelled", dropped);
  }
  // A payload is kept no longer than it takes to send it (R15).
  if (endedAtMs !== undefined) file.run("UPDATE job SET edited = NULL WHERE number = ?", job);
  return jobOf(file, id);
}
