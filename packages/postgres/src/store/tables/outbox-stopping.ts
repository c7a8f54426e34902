import type { FailureDetail } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { outboxColumns } from "./outbox-row.ts";

// Only the tickets move: the row itself stays where it was written.
const holdSql = `
  WITH gone AS (DELETE FROM throughline.outbox_tickets WHERE ticket = ANY($1::bigint[]) RETURNING ticket, id, sequence, sequence_epoch)
  INSERT INTO throughline.outbox_held (ticket, id, sequence, sequence_epoch, topic, subject)
  SELECT gone.*, o.topic, o.subject FROM gone JOIN throughline.outbox AS o ON o.id = gone.id`;
const refuseSql = "UPDATE throughline.outbox_held SET error = $1, stopped_at_ms = $2 WHERE ticket = $3 RETURNING topic, subject";
const stopSubjectSql = `
  INSERT INTO throughline.subjects (topic, subject, sequence, sequence_epoch, stopped) VALUES ($1, $2, 0, 0, true)
  ON CONFLICT (topic, subject) DO UPDATE SET stopped = true`;

export const stoppedSql = `
  SELECT ${outboxColumns}, t.error, t.stopped_at_ms FROM throughline.outbox_held AS t JOIN throughline.outbox AS o ON o.id = t.id
  WHERE t.stopped_at_ms IS NOT NULL ORDER BY t.ticket`;

const skipSql = `
  WITH gone AS (DELETE FROM throughline.outbox_held WHERE ticket = $1 AND stopped_at_ms IS NOT NULL RETURNING id, topic, subject),
    row AS (DELETE FROM throughline.outbox WHERE id IN (SELECT id FROM gone))
  SELECT topic, subject FROM gone`;
const retrySql = `
  UPDATE throughline.outbox_held SET error = NULL, stopped_at_ms = NULL
  WHERE ticket = $1 AND stopped_at_ms IS NOT NULL RETURNING topic, subject`;
const stillStoppedSql =
  "SELECT 1 FROM throughline.outbox_held WHERE topic = $1 AND subject = $2 AND stopped_at_ms IS NOT NULL LIMIT 1";
const goOnSql = "UPDATE throughline.subjects SET stopped = false WHERE topic = $1 AND subject = $2";
const release = (which: string): string => `
  WITH back AS (DELETE FROM throughline.outbox_held WHERE ${which} RETURNING ticket, id, sequence, sequence_epoch)
  INSERT INTO throughline.outbox_tickets (ticket, id, sequence, sequence_epoch) OVERRIDING SYSTEM VALUE SELECT * FROM back`;
const releaseSubjectSql = release("topic = $1 AND subject = $2");
const releaseRowSql = release("ticket = $1");

interface Refused {
  readonly topic: string;
  readonly subject: string | null;
}

/** Takes rows out of the way, as those of subjects that are stopped. They keep their tickets, and so their places. */
export async function holdOutboxRows(transaction: OpenTransaction, tickets: readonly number[]): Promise<void> {
  if (tickets.length > 0) await transaction.rows(holdSql, [tickets]);
}

export async function stopOutboxRow(
  transaction: OpenTransaction,
  ticket: number,
  error: FailureDetail,
  nowMs: number,
): Promise<void> {
  await holdOutboxRows(transaction, [ticket]);
  const [row] = await transaction.rows<Refused>(refuseSql, [JSON.stringify(error), nowMs, ticket]);
  if (row !== undefined && row.subject !== null) await transaction.rows(stopSubjectSql, [row.topic, row.subject]);
}

/** A subject with two refused rows goes on when both are repaired. */
export async function repairOutboxRow(transaction: OpenTransaction, ticket: number, how: "retry" | "skip"): Promise<void> {
  const [row] = await transaction.rows<Refused>(how === "skip" ? skipSql : retrySql, [ticket]);
  if (row === undefined) return;
  const { topic, subject } = row;
  if (subject === null) {
    await transaction.rows(releaseRowSql, [ticket]);
    return;
  }
  if ((await transaction.rows(stillStoppedSql, [topic, subject])).length > 0) return;
  await transaction.rows(goOnSql, [topic, subject]);
  await transaction.rows(releaseSubjectSql, [topic, subject]);
}
