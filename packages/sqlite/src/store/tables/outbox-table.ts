import type { DatabaseSync } from "node:sqlite";
import { type FailureDetail, headersToJson, type NewOutboxRow, type OutboxTable } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { RowWriter } from "../row-batches.ts";
import { beginRound, lastNumberOf, openNumbering, readNumbering, stopBehind } from "./numbering.ts";
import { numberOutbox } from "./outbox-numbering.ts";
import { outboxRowOf, type StoredOutboxRow } from "./outbox-row.ts";
import { repairOutboxRow, stopOutboxRow, stoppedSql } from "./outbox-stopping.ts";

/** Up to here the backlog is counted; beyond, it is told from the tickets. */
const countedRows = 1_000;

const addRows = new RowWriter<NewOutboxRow>({
  columns: 8,
  bind: (row, values) =>
    void values.push(
      row.eventId,
      row.topic,
      row.subject,
      row.key,
      row.value,
      headersToJson(row.headers),
      row.createdAtMs,
      row.once ? 1 : 0,
    ),
  text: (rows) => `
    INSERT INTO throughline_outbox (event_id, topic, subject, key, value, headers, created_at_ms, once) VALUES ${rows}`,
});

const sentSql = "DELETE FROM throughline_outbox WHERE ticket BETWEEN ? AND ?";
const sentHeldSql = "DELETE FROM throughline_outbox_held WHERE ticket BETWEEN ? AND ?";
const sentNumbersSql = "DELETE FROM throughline_outbox_numbers WHERE ticket BETWEEN ? AND ?";
const backlogSql = `
  SELECT count(*) AS count, min(created_at_ms) AS oldestMs FROM
    (SELECT created_at_ms FROM throughline_outbox ORDER BY ticket LIMIT ${countedRows})`;
const ticketsSql =
  "SELECT (SELECT max(ticket) FROM throughline_outbox) - (SELECT min(ticket) FROM throughline_outbox) + 1 AS count";
const heldSql = `
  SELECT count(*) AS count, (SELECT created_at_ms FROM throughline_outbox_held ORDER BY ticket LIMIT 1) AS oldestMs FROM throughline_outbox_held`;
const waitingSql = `
  WITH wanted AS (SELECT value AS event_id FROM json_each(?))
  SELECT event_id FROM throughline_outbox WHERE event_id IN (SELECT event_id FROM wanted)
  UNION SELECT event_id FROM throughline_outbox_held WHERE event_id IN (SELECT event_id FROM wanted)`;
const forgetIdsSql = `
  DELETE FROM throughline_outbox_ids WHERE event_id IN
    (SELECT event_id FROM throughline_outbox_ids WHERE created_at_ms < ? ORDER BY created_at_ms LIMIT ?)`;

/** Writes rows; a trigger leaves out those whose ids came from a caller and are remembered. */
export function addToOutbox(transaction: OpenTransaction, rows: readonly NewOutboxRow[]): void {
  addRows.write(transaction.connection(), [], rows);
  transaction.wakesListeners ||= rows.length > 0;
}

export function outboxTable(transaction: OpenTransaction): OutboxTable {
  return {
    async add(rows) {
      addToOutbox(transaction, rows);
    },
    async number(limit) {
      return numberOutbox(transaction, limit);
    },
    async sent(tickets) {
      const db = transaction.connection();
      for (const { first, last } of runsOf(tickets)) {
        prepared(db, sentNumbersSql).run(first, last);
        const { changes } = prepared(db, sentSql).run(first, last);
        if (changes < last - first + 1) prepared(db, sentHeldSql).run(first, last);
      }
    },
    async stop(ticket, error, nowMs) {
      stopOutboxRow(transaction.connection(), ticket, error, nowMs);
    },
    async stopped() {
      const rows = prepared(transaction.connection(), stoppedSql).all() as unknown as (StoredOutboxRow & {
        error: string;
        stopped_at_ms: number;
      })[];
      return rows.map((row) => ({
        row: outboxRowOf(row),
        error: JSON.parse(row.error) as FailureDetail,
        sinceMs: row.stopped_at_ms,
      }));
    },
    async repair(ticket, how) {
      repairOutboxRow(transaction.connection(), ticket, how);
      transaction.wakesListeners = true;
    },
    async backlog() {
      return backlogOf(transaction.connection());
    },
    async waiting(eventIds) {
      const rows = prepared(transaction.connection(), waitingSql).all(JSON.stringify(eventIds)) as { event_id: string }[];
      return new Set(rows.map((row) => row.event_id));
    },
    async numbering() {
      return readNumbering(transaction.connection());
    },
    async beginRound(round) {
      beginRound(transaction.connection(), round);
    },
    async lastNumbers(subjects) {
      const db = transaction.connection();
      return subjects.map((subject) => lastNumberOf(db, subject));
    },
    async stopBehind(behind) {
      stopBehind(transaction.connection(), behind);
    },
    async openNumbering(sequenceEpoch) {
      openNumbering(transaction.connection(), sequenceEpoch);
      transaction.wakesListeners = true;
    },
    async forgetIds(olderThanMs, limit) {
      return Number(prepared(transaction.connection(), forgetIdsSql).run(olderThanMs, limit).changes);
    },
  };
}

/** Neighbouring tickets go in one statement. */
function runsOf(tickets: readonly number[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const ticket of tickets.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && ticket <= run.last + 1) run.last = ticket;
    else runs.push({ first: ticket, last: ticket });
  }
  return runs;
}

interface Backlog {
  readonly count: number;
  readonly oldestMs: number | null;
}

/** Rows leave nearly in ticket order and tickets have no gaps but those of stopped subjects, so a long backlog is as long as its tickets. */
function backlogOf(db: DatabaseSync): Backlog {
  const first = prepared(db, backlogSql).get() as unknown as Backlog;
  const held = prepared(db, heldSql).get() as unknown as Backlog;
  const count = first.count < countedRows ? first.count : (prepared(db, ticketsSql).get() as { count: number }).count;
  const times = [first.oldestMs, held.oldestMs].filter((ms) => ms !== null);
  return { count: count + held.count, oldestMs: times.length === 0 ? null : Math.min(...times) };
}
