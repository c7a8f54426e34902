import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { AuditEntry, ControlAuditEntry } from "throughline/system-topics";
import type { AcknowledgedMark, AuditPage, AuditQuery } from "../index-store.ts";
import { packId } from "./id-codec.ts";
import { rowsOf } from "./prepared.ts";

// Entries that name no service are few: they have an index of their own.
const acknowledged = `
  SELECT CAST(json_extract(body, '$.id') AS TEXT) AS id, json_extract(body, '$.by') AS "by",
    CAST(json_extract(body, '$.reason') AS TEXT) AS note, CAST(json_extract(body, '$.outcome') AS TEXT) AS outcome, at_ms AS atMs, max(at_ms * 1e6 + offset % 1000000) AS newest
  FROM audit WHERE json_extract(body, '$.about') IS NOT NULL AND json_extract(body, '$.action') = 'acknowledge'
  GROUP BY 1`;

export const acknowledgements = (db: DatabaseSync): AcknowledgedMark[] =>
  rowsOf<AcknowledgedMark & { outcome: string | null }>(db, acknowledged)
    .filter(({ outcome }) => outcome !== "refused")
    .map(({ id, by, note, atMs }) => ({ id: String(id), by: String(by), note: note === null ? null : String(note), atMs }));

/** Beyond it a time is none, and no number that a cursor could name. */
const lastMs = 8.64e15;

/** The page after begins where one ended, whatever came meanwhile. */
export function auditEntries(db: DatabaseSync, query: AuditQuery): AuditPage {
  const conditions = ["at_ms < ?"];
  const values: SQLInputValue[] = [Math.min(query.untilMs ?? lastMs, lastMs)];
  const where = (sql: string, ...given: SQLInputValue[]): void => {
    conditions.push(sql);
    values.push(...given);
  };
  for (const name of ["service", "handler", "action", "by"] as const) {
    const wanted = query[name];
    if (wanted !== undefined) where(`json_extract(body, '$.${name}') = ?`, wanted);
  }
  if (query.failureId !== undefined) where("failure = ?", packId(query.failureId));
  if (query.sinceMs !== undefined) where("at_ms >= ?", query.sinceMs);
  if (query.services !== undefined)
    where("json_extract(body, '$.service') IN (SELECT value FROM json_each(?))", JSON.stringify(query.services));
  if (query.without !== undefined)
    where("json_extract(body, '$.action') NOT IN (SELECT value FROM json_each(?))", JSON.stringify(query.without));
  const after = query.cursor?.split("~").map(Number);
  if (after !== undefined) where("(at_ms, partition, offset) < (?, ?, ?)", ...after);
  const rows = rowsOf<{ at_ms: number; partition: number; offset: number; body: string }>(
    db,
    `SELECT at_ms, partition, offset, body FROM audit WHERE ${conditions.join(" AND ")}
     ORDER BY at_ms DESC, partition DESC, offset DESC LIMIT ?`,
    ...values,
    query.limit + 1,
  );
  const last = rows.length > query.limit ? rows[query.limit - 1]! : null;
  return {
    entries: rows.slice(0, query.limit).map(({ body }) => JSON.parse(body) as AuditEntry | ControlAuditEntry),
    cursor: last === null ? null : `${last.at_ms}~${last.partition}~${last.offset}`,
  };
}
