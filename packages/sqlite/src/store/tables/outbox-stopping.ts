import type { DatabaseSync } from "node:sqlite";
import type { FailureDetail } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import { outboxColumns } from "./outbox-row.ts";

const refuseSql = "UPDATE throughline_outbox_held SET error = ?, stopped_at_ms = ? WHERE ticket = ? RETURNING topic, subject";
const stopSubjectSql = `
  INSERT INTO throughline_subjects (topic, subject, sequence, sequence_epoch, stopped) VALUES (?, ?, 0, 0, 1)
  ON CONFLICT DO UPDATE SET stopped = 1`;
const holdSql = `INSERT INTO throughline_outbox_held (${outboxColumns}) SELECT ${outboxColumns} FROM throughline_outbox WHERE ticket = ?`;
const heldSql = "DELETE FROM throughline_outbox WHERE ticket = ?";

export const stoppedSql = `
  SELECT h.*, n.sequence, n.sequence_epoch
  FROM throughline_outbox_held AS h LEFT JOIN throughline_outbox_numbers AS n ON n.ticket = h.ticket
  WHERE h.stopped_at_ms IS NOT NULL ORDER BY h.ticket`;

const skipSql = "DELETE FROM throughline_outbox_held WHERE ticket = ? AND stopped_at_ms IS NOT NULL RETURNING topic, subject";
const forgetNumberSql = "DELETE FROM throughline_outbox_numbers WHERE ticket = ?";
const retrySql =
  "UPDATE throughline_outbox_held SET error = NULL, stopped_at_ms = NULL WHERE ticket = ? AND stopped_at_ms IS NOT NULL RETURNING topic, subject";
const stillStoppedSql =
  "SELECT 1 FROM throughline_outbox_held WHERE topic = ? AND subject = ? AND stopped_at_ms IS NOT NULL LIMIT 1";
const goOnSql = "UPDATE throughline_subjects SET stopped = 0 WHERE topic = ? AND subject = ?";
const release = (which: string) => [
  `INSERT INTO throughline_outbox (${outboxColumns}) SELECT ${outboxColumns} FROM throughline_outbox_held WHERE ${which} ORDER BY ticket`,
  `DELETE FROM throughline_outbox_held WHERE ${which}`,
];
const releaseSubjectSqls = release("topic = ? AND subject = ?");
const releaseRowSqls = release("ticket = ?");

/** Takes a row out of the way, as one of a subject that is stopped. It keeps its ticket, and so its place. */
export function holdOutboxRow(db: DatabaseSync, ticket: number): void {
  prepared(db, holdSql).run(ticket);
  prepared(db, heldSql).run(ticket);
}

export function stopOutboxRow(db: DatabaseSync, ticket: number, error: FailureDetail, nowMs: number): void {
  holdOutboxRow(db, ticket);
  const row = prepared(db, refuseSql).get(JSON.stringify(error), nowMs, ticket) as
    | { topic: string; subject: string | null }
    | undefined;
  if (row !== undefined && row.subject !== null) prepared(db, stopSubjectSql).run(row.topic, row.subject);
}

/** A subject with two refused rows goes on when both are repaired. */
export function repairOutboxRow(db: DatabaseSync, ticket: number, how: "retry" | "skip"): void {
  const row = prepared(db, how === "skip" ? skipSql : retrySql).get(ticket) as
    | { topic: string; subject: string | null }
    | undefined;
  if (row === undefined) return;
  if (how === "skip") prepared(db, forgetNumberSql).run(ticket);
  if (row.subject === null) {
    for (const sql of releaseRowSqls) prepared(db, sql).run(ticket);
    return;
  }
  const { topic, subject } = row;
  if (prepared(db, stillStoppedSql).get(topic, subject) !== undefined) return;
  prepared(db, goOnSql).run(topic, subject);
  for (const sql of releaseSubjectSqls) prepared(db, sql).run(topic, subject);
}
