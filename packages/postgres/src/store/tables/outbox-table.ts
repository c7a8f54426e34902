import { type FailureDetail, headersToJson, type NewOutboxRow, type OutboxTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { encodeText } from "../text-codec.ts";
import { beginRound, lastNumbers, openNumbering, readNumbering, stopBehind } from "./numbering.ts";
import { numberOutbox } from "./outbox-numbering.ts";
import { stoppedRowOf, type StoredOutboxRow } from "./outbox-row.ts";
import { repairOutboxRow, stopOutboxRow, stoppedSql } from "./outbox-stopping.ts";

/** Up to here the backlog is counted; beyond, it is told from the tickets. */
const countedRows = 1_000;

const columns = "event_id, topic, subject, key, value, headers, created_at_ms, once";
export const addOneSql = `INSERT INTO throughline.outbox (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
export const addManySql = `
  INSERT INTO throughline.outbox (${columns})
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::json[], $7::bigint[], $8::boolean[])`;
// By arrays, so that the rows are found by their keys whatever the planner thinks of the tables.
const sentSql = `
  WITH ticket AS (DELETE FROM throughline.outbox_tickets WHERE ticket = ANY($1::bigint[]) RETURNING id),
    held AS (DELETE FROM throughline.outbox_held WHERE ticket = ANY($1::bigint[]) RETURNING id)
  DELETE FROM throughline.outbox WHERE id = ANY(ARRAY(SELECT id FROM ticket UNION ALL SELECT id FROM held))`;
const backlogSql = `
  SELECT count(*) AS count, min(o.created_at_ms) AS "oldestMs" FROM
    (SELECT id FROM throughline.outbox_tickets ORDER BY ticket LIMIT ${countedRows}) AS t JOIN throughline.outbox AS o ON o.id = t.id`;
const ticketsSql = `
  SELECT (SELECT max(ticket) FROM throughline.outbox_tickets) - (SELECT min(ticket) FROM throughline.outbox_tickets) + 1 AS count`;
const heldSql = `
  SELECT count(*) AS count,
    (SELECT o.created_at_ms FROM throughline.outbox_held AS t JOIN throughline.outbox AS o ON o.id = t.id ORDER BY t.ticket LIMIT 1) AS "oldestMs"
  FROM throughline.outbox_held`;
const waitingSql = 'SELECT event_id AS "eventId" FROM throughline.outbox WHERE event_id = ANY($1::text[])';
const forgetIdsSql = `
  DELETE FROM throughline.outbox_ids WHERE event_id = ANY(ARRAY(
    SELECT event_id FROM throughline.outbox_ids WHERE created_at_ms < $1 ORDER BY created_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))`;

/** The statement that writes rows. Order, and whether an id was published before, are decided while committing, by a trigger. */
export function addToOutbox(rows: readonly NewOutboxRow[]): { sql: string; values: unknown[] } {
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) return { sql: addOneSql, values: valuesOf(only) };
  const values = rows.map(valuesOf);
  return { sql: addManySql, values: columns.split(", ").map((_, column) => values.map((row) => row[column])) };
}

function valuesOf(row: NewOutboxRow): unknown[] {
  return [
    encodeText(row.eventId),
    row.topic,
    row.subject === null ? null : encodeText(row.subject),
    row.key,
    row.value,
    headersToJson(row.headers),
    row.createdAtMs,
    row.once,
  ];
}

export function outboxTable(transaction: OpenTransaction): OutboxTable {
  return {
    async add(rows) {
      if (rows.length === 0) return;
      const { sql, values } = addToOutbox(rows);
      await transaction.prepared(sql, values);
      transaction.hasPublished = true;
    },
    number: (limit) => numberOutbox(transaction, limit),
    async sent(tickets) {
      if (tickets.length > 0) await transaction.rows(sentSql, [tickets]);
    },
    stop: (ticket, error, nowMs) => stopOutboxRow(transaction, ticket, error, nowMs),
    async stopped() {
      const rows = await transaction.rows<StoredOutboxRow & { error: string; stopped_at_ms: number }>(stoppedSql);
      return rows.map((row) => ({
        row: stoppedRowOf(row),
        error: JSON.parse(row.error) as FailureDetail,
        sinceMs: row.stopped_at_ms,
      }));
    },
    async repair(ticket, how) {
      await repairOutboxRow(transaction, ticket, how);
      transaction.hasPublished = true;
    },
    backlog: () => backlogOf(transaction),
    async waiting(eventIds) {
      const rows = await transaction.rows<{ eventId: string }>(waitingSql, [eventIds.map(encodeText)]);
      const waiting = new Set(rows.map(({ eventId }) => eventId));
      return new Set(eventIds.filter((id) => waiting.has(encodeText(id))));
    },
    numbering: () => readNumbering(transaction, { lock: false }),
    beginRound: (round) => beginRound(transaction, round),
    lastNumbers: (subjects) => lastNumbers(transaction, subjects),
    stopBehind: (behind) => stopBehind(transaction, behind),
    async openNumbering(sequenceEpoch) {
      await openNumbering(transaction, sequenceEpoch);
      transaction.hasPublished = true;
    },
    forgetIds: (olderThanMs, limit) => transaction.changes(forgetIdsSql, [olderThanMs, limit]),
  };
}

interface Backlog {
  readonly count: number;
  readonly oldestMs: number | null;
}

/** Rows leave nearly in ticket order, so a long backlog is about as long as its tickets: those that were rolled back are few. */
async function backlogOf(transaction: OpenTransaction): Promise<Backlog> {
  const [first] = await transaction.rows<Backlog>(backlogSql);
  const [held] = await transaction.rows<Backlog>(heldSql);
  let count = first?.count ?? 0;
  if (count >= countedRows) count = (await transaction.rows<{ count: number }>(ticketsSql))[0]?.count ?? count;
  const times = [first?.oldestMs ?? null, held?.oldestMs ?? null].filter((ms) => ms !== null);
  return { count: count + (held?.count ?? 0), oldestMs: times.length === 0 ? null : Math.min(...times) };
}
