import type { DatabaseSync } from "node:sqlite";
import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import type { SeenEvent } from "../../reading/seen-event.ts";
import type { FailureCount, FailureIdKind, HurtTenant, WaitingEvents } from "../index-store.ts";
import { type EventRow, eventColumns, seenEventOf } from "./event-rows.ts";
import { failureColumns, failureOf, type Row } from "./failure-queries.ts";
import { bySubject, hashOfKey } from "../id-hash.ts";
import { packId } from "./id-codec.ts";
import { rowsOf } from "./prepared.ts";

export function failureById(db: DatabaseSync, failureId: string): IndexedFailure | null {
  const [row] = rowsOf<Row>(db, `${failureColumns} WHERE f.failure_id = ?`, packId(failureId));
  return row === undefined ? null : failureOf(row);
}

const columns = { failure: "failure_id", event: "event", correlation: "correlation", subject: "subject" } as const;

/** By ranges of an index: one for ids that are stored as 16 bytes, one for texts. */
export function failuresNamed(db: DatabaseSync, kind: FailureIdKind, prefix: string, limit: number): IndexedFailure[] {
  const column = columns[kind];
  const between = `${failureColumns} WHERE f.${column} >= ? AND f.${column} <= ? AND f.superseded = 0 LIMIT ?`;
  const texts = rowsOf<Row>(db, between, prefix, `${prefix}\u{10ffff}`, limit);
  const bytes = kind === "subject" ? null : bytesFrom(prefix);
  const ids = bytes === null ? [] : rowsOf<Row>(db, between, bytes.first, bytes.last, limit);
  return [...ids, ...texts].map(failureOf).slice(0, limit);
}

/** The first and the last UUID that begin so; null for what none begins with. */
function bytesFrom(prefix: string): { first: Uint8Array; last: Uint8Array } | null {
  const shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const fits =
    prefix.length <= shape.length && [...prefix].every((c, at) => (shape[at] === "-" ? c === "-" : /[0-9a-f]/.test(c)));
  if (!fits) return null;
  const digits = prefix.replaceAll("-", "");
  return { first: Buffer.from(digits.padEnd(32, "0"), "hex"), last: Buffer.from(digits.padEnd(32, "f"), "hex") };
}

// The last word of the handler on each later event of the subject; SQLite takes the other columns from the row that has the maximum.
const followers = `
  SELECT ${eventColumns}, told.outcome, told.body, max(told.told_partition * 1e15 + told.told_offset) AS told
  FROM failure f CROSS JOIN segment g CROSS JOIN event_key k ON k.segment = g.segment AND k.hash = ?2
  CROSS JOIN event e ON e.no = k.no AND e.subject = f.subject AND e.place = f.place AND e.offset > f.offset
  CROSS JOIN receipt_told told ON told.place = e.place AND told.offset = e.offset AND told.handler = f.handler AND told.epoch = f.epoch
  CROSS JOIN place p ON p.ref = e.place CROSS JOIN name t ON t.ref = e.type CROSS JOIN name s ON s.ref = e.source
  LEFT JOIN name n ON n.ref = e.tenant
  WHERE f.failure_id = ?1 AND told.outcome != 'refused' GROUP BY e.no`;

/** Later events of the subject that the handler parked behind a failure, as far as receipts tell, in the log's order. */
export function waitingBehind(db: DatabaseSync, failure: IndexedFailure, limit: number): WaitingEvents {
  const { failureId, subject, holdsSubject } = failure;
  if (!holdsSubject || subject === null) return { count: 0, events: [] };
  const rows = rowsOf<EventRow & { outcome: string; body: string }>(
    db,
    `SELECT * FROM (${followers}) WHERE outcome = 'parked' AND json_extract(body, '$.reason') = 'behind' ORDER BY "offset"`,
    packId(failureId),
    hashOfKey(bySubject, subject),
  );
  const events: SeenEvent[] = rows.slice(0, limit).map(seenEventOf);
  return { count: rows.length, events };
}

export const hurtTenants = (db: DatabaseSync, limit: number, tenantId?: string): HurtTenant[] =>
  rowsOf<HurtTenant>(
    db,
    `SELECT n.text AS tenantId, sum(c.unanswered) AS unanswered, count(*) AS groups FROM failure_group_tenant c
     JOIN name n ON n.ref = c.tenant WHERE ?2 IS NULL OR n.text = ?2 GROUP BY c.tenant ORDER BY 2 DESC, 1 LIMIT ?1`,
    limit,
    tenantId ?? null,
  ).map((row) => ({ ...row }));

export const failureCounts = (db: DatabaseSync): FailureCount[] =>
  rowsOf<FailureCount>(
    db,
    `SELECT s.text AS service, n.text AS handler, count(*) AS groups, sum(g.count) AS count, sum(g.open) AS open, sum(g.asked) AS asked
     FROM failure_group g JOIN handler h ON h.ref = g.handler JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name
     GROUP BY g.handler ORDER BY 1, 2`,
  ).map((row) => ({ ...row }));
