import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import type { SqliteFile } from "../../sqlite-file/sqlite-file.ts";
import type { LeftOutPage, RedrivePlan } from "../job.ts";
import type { DraftConsumer, PlanDraft } from "../job-store.ts";
import { draftText, leftOutIn, planIn, type PlanText } from "../job-in-row.ts";
import type { LeftOut } from "../selection.ts";
import { numberOf } from "./job-rows.ts";

/** Items that are numbered in one transaction, so that none is long. */
const inStep = 2_000;

export function draft(file: SqliteFile, plan: PlanDraft): void {
  const { id, createdAtMs, expiresAtMs, edited } = plan;
  file.run(
    "INSERT INTO job (id, state, plan, created_ms, expires_ms, edited) VALUES (?, 'draft', ?, ?, ?, ?)",
    id,
    draftText(plan),
    createdAtMs,
    expiresAtMs,
    edited,
  );
}

export function addItems(file: SqliteFile, planId: string, items: readonly IndexedFailure[]): void {
  const job = numberOf(file, planId);
  for (const item of items) {
    const { service, handler, failureId, version, subject, holdsSubject, letter, eventId, type, failedAtMs, reason } = item;
    const { topic, partition, offset } = item.origin;
    const facts = JSON.stringify({ service, letter, eventId, type, subject, failedAtMs });
    file.run(
      "INSERT OR IGNORE INTO job_draft_item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      job,
      service,
      handler,
      topic,
      partition,
      offset,
      failureId,
      facts,
      version,
      subject,
      holdsSubject ? 1 : 0,
      reason === "uncertain" ? 1 : 0,
    );
  }
}

export function leaveOut(file: SqliteFile, planId: string, items: readonly LeftOut[]): void {
  const job = numberOf(file, planId);
  for (const { failureId, service, handler, why } of items)
    file.run("INSERT OR IGNORE INTO job_left_out VALUES (?, ?, ?, ?, ?)", job, failureId, service, handler, why);
}

/** The next items behind those that are numbered, by consumer and place. */
export function arrange(file: SqliteFile, planId: string): boolean {
  const job = numberOf(file, planId);
  const last = file.one(
    `SELECT i.no, json_extract(i.facts, '$.service') AS service, i.handler, i.topic, i.partition, i.offset, i.failure_id
     FROM job_item i WHERE i.job = ? ORDER BY i.no DESC LIMIT 1`,
    job,
  );
  const rows = file.all(
    `SELECT * FROM job_draft_item WHERE job = ?
       AND (service, handler, topic, partition, offset, failure_id) > (?, ?, ?, ?, ?, ?)
     ORDER BY service, handler, topic, partition, offset, failure_id LIMIT ?`,
    job,
    last?.["service"] ?? "",
    last?.["handler"] ?? "",
    last?.["topic"] ?? "",
    last?.["partition"] ?? -1,
    last?.["offset"] ?? -1,
    last?.["failure_id"] ?? "",
    inStep,
  );
  let no = last === undefined ? 0 : Number(last["no"]) + 1;
  for (const row of rows) {
    const { failedAtMs } = JSON.parse(String(row["facts"])) as { failedAtMs: number };
    file.run(
      `INSERT INTO job_item (job, no, failure_id, handler, topic, partition, offset, failed_ms, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      job,
      no,
      row["failure_id"]!,
      row["handler"]!,
      row["topic"]!,
      row["partition"]!,
      row["offset"]!,
      failedAtMs,
      row["facts"]!,
    );
    no += 1;
  }
  file.run("UPDATE job SET total = ? WHERE number = ?", no, job);
  return rows.length === inStep;
}

export function consumersOf(file: SqliteFile, planId: string): DraftConsumer[] {
  const job = numberOf(file, planId);
  const consumers = file.all(
    `SELECT service, handler, count(*) AS count, sum(uncertain) AS uncertain, count(DISTINCT CASE WHEN holds = 1 THEN subject END) AS held
     FROM job_draft_item WHERE job = ? GROUP BY service, handler ORDER BY service, handler`,
    job,
  );
  return consumers.map((row) => {
    const [service, handler] = [String(row["service"]), String(row["handler"])];
    const versions = file.all(
      `SELECT version, count(*) AS count FROM job_draft_item WHERE job = ? AND service = ? AND handler = ? GROUP BY version ORDER BY 2 DESC`,
      job,
      service,
      handler,
    );
    const places = file.all(
      `SELECT topic, partition, min(offset) AS offset FROM job_draft_item WHERE job = ? AND service = ? AND handler = ? AND holds = 1
       GROUP BY topic, partition`,
      job,
      service,
      handler,
    );
    return {
      service,
      handler,
      count: Number(row["count"]),
      heldSubjects: Number(row["held"]),
      uncertain: Number(row["uncertain"]),
      failedIn: versions.map((version) => ({ version: String(version["version"]), count: Number(version["count"]) })),
      places: places.map((place) => ({
        topic: String(place["topic"]),
        partition: Number(place["partition"]),
        offset: Number(place["offset"]),
      })),
    };
  });
}

export function heldSubjects(
  file: SqliteFile,
  planId: string,
  { service, handler }: { service: string; handler: string },
  subjects: readonly string[],
): Set<string> {
  const job = numberOf(file, planId);
  const sql = "SELECT 1 FROM job_draft_item WHERE job = ? AND service = ? AND handler = ? AND subject = ? AND holds = 1 LIMIT 1";
  return new Set(subjects.filter((subject) => file.one(sql, job, service, handler, subject) !== undefined));
}

export function completePlan(file: SqliteFile, planId: string, told: Pick<RedrivePlan, "consumers" | "warnings">): void {
  const job = numberOf(file, planId);
  const text = JSON.parse(String(file.one("SELECT plan FROM job WHERE number = ?", job)!["plan"])) as PlanText;
  file.run("UPDATE job SET state = 'plan', plan = ? WHERE number = ?", JSON.stringify({ ...text, ...told }), job);
  file.run("INSERT INTO job_count SELECT ?1, 'waiting', total FROM job WHERE number = ?1 AND total > 0", job);
}

export function planOf(file: SqliteFile, id: string): RedrivePlan | null {
  const row = file.one("SELECT * FROM job WHERE id = ? AND state != 'draft'", id);
  if (row === undefined) return null;
  return planIn(row, file.all("SELECT why, count(*) AS count FROM job_left_out WHERE job = ? GROUP BY why", row["number"]!));
}

export function leftOutOf(file: SqliteFile, id: string, { cursor, limit }: { cursor: number; limit: number }): LeftOutPage {
  const job = numberOf(file, id);
  const rows = file.all(
    "SELECT rowid AS no, * FROM job_left_out WHERE job = ? AND rowid > ? ORDER BY rowid LIMIT ?",
    job,
    cursor,
    limit + 1,
  );
  const items = rows.slice(0, limit).map(leftOutIn);
  return { items, cursor: rows.length > limit ? Number(rows[limit - 1]!["no"]) : null };
}
