import type { FailurePage, FailureQuery, IndexedFailure } from "../../failures/indexed-failure.ts";
import type { SeenEvent } from "../../reading/seen-event.ts";
import { bySubject, hashOfKey } from "../id-hash.ts";
import type { FailureIdKind, Place, WaitingEvents } from "../index-store.ts";
import { eventColumns, eventTables } from "./event-rows.ts";
import { storable } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

interface FailureRow extends Omit<IndexedFailure, "origin" | "letter" | "error" | "asked" | "isSuperseded"> {
  readonly no: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly letter_topic: string;
  readonly letter_partition: number;
  readonly letter_offset: number;
  readonly error: string;
  readonly code: string | null;
  readonly message: string;
  readonly asked_action: string | null;
  readonly asked_by: string;
  readonly asked_ms: number;
  readonly superseded: number;
}

const failureColumns = `
  SELECT f.no, f.failure_id AS "failureId", s.text AS service, hn.text AS handler, v.text AS version, f.epoch, f.reason,
    p.topic, p.partition, f."offset", lt.text AS letter_topic, f.letter_partition, f.letter_offset, f.event AS "eventId", t.text AS type, f.subject,
    f.correlation AS "correlationId", te.text AS "tenantId", f.error, f.code, f.message, f.attempts, f.failed_ms AS "failedAtMs",
    f.holds AS "holdsSubject", g.fingerprint AS "group", f.state, f.asked_action, f.asked_by, f.asked_ms, f.answer, f.superseded`;
const failureTables = `
  JOIN handler h ON h.ref = f.handler JOIN name s ON s.ref = h.service JOIN name hn ON hn.ref = h.name
  JOIN place p ON p.ref = f.place JOIN name lt ON lt.ref = f.letter_topic JOIN name v ON v.ref = f.version
  JOIN failure_group g ON g.ref = f.failure_group LEFT JOIN name t ON t.ref = f.type LEFT JOIN name te ON te.ref = f.tenant`;
const refOf = (n: string): string => `(SELECT ref FROM name WHERE md5(text) = md5(${n}) AND text = ${n})`;
/** As numbers, so that letters are left out before anything is joined to them. */
const handlersOf = (column: "service" | "name", n: string): string =>
  `ARRAY(SELECT ref FROM handler WHERE ${column} = ${refOf(n)})`;
/** By the index of beginnings. */
const isSame = (column: string, n: string): string => `left(f.${column}, 64) = left(${n}, 64) AND f.${column} = ${n}`;

/** Those of a query, newest first. The page after begins where one ended, whatever came or went meanwhile. */
export async function findFailures(sql: Sql, query: FailureQuery): Promise<FailurePage> {
  const {
    failureIds,
    service,
    handler,
    group,
    type,
    reason,
    subject,
    eventId,
    correlationId,
    tenantId,
    state,
    sinceMs,
    untilMs,
  } = query;
  const { text, withSuperseded = false, limit: asked = 100, cursor } = query;
  void (query satisfies KnownQuery);
  const limit = Math.min(asked, 1_000);
  const conditions = withSuperseded ? ["true"] : ["f.superseded = 0"];
  const values: unknown[] = [];
  const where = (condition: (n: string) => string, value: string | number | readonly string[] | undefined): void => {
    if (value === undefined) return;
    values.push(typeof value === "string" ? storable(value) : value);
    const type = typeof value === "string" ? "text" : typeof value === "number" ? "bigint" : "text[]";
    conditions.push(condition(`$${values.length}::${type}`));
  };
  where((n) => `md5(f.failure_id) IN (SELECT md5(given) FROM unnest(${n}) AS given)`, failureIds?.map(storable));
  where((n) => `f.handler = ANY (${handlersOf("service", n)})`, service);
  where((n) => `f.handler = ANY (${handlersOf("name", n)})`, handler);
  where((n) => `f.failure_group = (SELECT ref FROM failure_group WHERE fingerprint = ${n})`, group);
  where((n) => `f.type = ${refOf(n)}`, type);
  where((n) => `f.tenant = ${refOf(n)}`, tenantId);
  where((n) => `f.reason = ${n}`, reason);
  where((n) => isSame("subject", n), subject);
  where((n) => isSame("event", n), eventId);
  where((n) => isSame("correlation", n), correlationId);
  where((n) => `f.state = ${n}`, state);
  where((n) => `f.failed_ms >= ${n}`, sinceMs === undefined ? undefined : Math.ceil(sinceMs));
  where((n) => `f.failed_ms < ${n}`, untilMs === undefined ? undefined : Math.ceil(untilMs));
  where((n) => `position(lower(${n}) in lower(f.message)) > 0`, text);
  const after = cursor === undefined ? null : /^(\d+)\.(\d+)$/.exec(cursor);
  if (after !== null) {
    values.push(Number(after[1]), Number(after[2]));
    conditions.push(`(f.failed_ms, f.no) < ($${values.length - 1}::bigint, $${values.length}::bigint)`);
  }
  values.push(limit + 1);
  const rows = await sql.rows<FailureRow>(
    `${failureColumns} FROM failure f ${failureTables} WHERE ${conditions.join(" AND ")}
     ORDER BY f.failed_ms DESC, f.no DESC LIMIT $${values.length}`,
    ...values,
  );
  const last = rows.length > limit ? rows[limit - 1]! : null;
  return { failures: rows.slice(0, limit).map(failureOf), cursor: last === null ? null : `${last.failedAtMs}.${last.no}` };
}

/** Every filter that is known above: a new one does not compile here until it is, for what a filter leaves out may be redriven. */
type KnownQuery = { readonly [Filter in keyof FailureQuery]: Filter extends KnownFilter ? FailureQuery[Filter] : never };
type KnownFilter =
  | "failureIds"
  | "service"
  | "handler"
  | "group"
  | "type"
  | "reason"
  | "subject"
  | "eventId"
  | "correlationId"
  | "tenantId"
  | "state"
  | "sinceMs"
  | "untilMs"
  | "text"
  | "withSuperseded"
  | "limit"
  | "cursor";

export async function failuresAt(sql: Sql, places: readonly Place[]): Promise<IndexedFailure[]> {
  const rows = await sql.rows<FailureRow>(
    `${failureColumns} FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS at (topic, partition, "offset", nth)
     JOIN place here ON here.topic = at.topic AND here.partition = at.partition AND NOT here.gone
     JOIN failure f ON f.place = here.ref AND f."offset" = at."offset" ${failureTables}
     WHERE f.superseded = 0 ORDER BY at.nth, f.failed_ms, f.no`,
    places.map(({ topic }) => topic),
    places.map(({ partition }) => partition),
    places.map(({ offset }) => offset),
  );
  return rows.map(failureOf);
}

export async function failureById(sql: Sql, failureId: string): Promise<IndexedFailure | null> {
  const where = "WHERE md5(f.failure_id) = md5($1) AND f.failure_id = $1";
  const row = await sql.row<FailureRow>(`${failureColumns} FROM failure f ${failureTables} ${where}`, storable(failureId));
  return row === undefined ? null : failureOf(row);
}

const columns = { failure: "failure_id", event: "event", correlation: "correlation", subject: "subject" } as const;

export async function failuresNamed(sql: Sql, kind: FailureIdKind, prefix: string, limit: number): Promise<IndexedFailure[]> {
  const column = columns[kind];
  const begins = storable(prefix);
  const like = begins.slice(0, 64).replaceAll(/[\\%_]/g, (c) => `\\${c}`);
  const rows = await sql.rows<FailureRow>(
    `${failureColumns} FROM failure f ${failureTables}
     WHERE left(f.${column}, 64) LIKE $1 AND starts_with(f.${column}, $2) AND f.superseded = 0 LIMIT $3`,
    `${like}%`,
    begins,
    limit,
  );
  return rows.map(failureOf);
}

/** Later events of the subject that the handler parked behind a failure, as far as receipts tell, in the log's order. */
export async function waitingBehind(sql: Sql, failure: IndexedFailure, limit: number): Promise<WaitingEvents> {
  const { failureId, subject, holdsSubject } = failure;
  if (!holdsSubject || subject === null) return { count: 0, events: [] };
  const rows = await sql.rows<SeenEvent & { outcome: string; reason: string | null }>(
    `SELECT * FROM (
       SELECT DISTINCT ON (e.no) ${eventColumns}, told.outcome, told.reason
       FROM failure f JOIN event e ON e.subject_hash = $2 AND e.subject = f.subject AND e.place = f.place AND e."offset" > f."offset"
       JOIN receipt_told told ON told.place = e.place AND told."offset" = e."offset" AND told.handler = f.handler AND told.epoch = f.epoch
       ${eventTables}
       WHERE md5(f.failure_id) = md5($1) AND f.failure_id = $1 AND told.outcome != 'refused'
       ORDER BY e.no, told.told_partition DESC, told.told_offset DESC
     ) AS followers WHERE outcome = 'parked' AND reason = 'behind' ORDER BY "offset"`,
    storable(failureId),
    hashOfKey(bySubject, storable(subject)),
  );
  const events = rows.slice(0, limit).map(({ outcome: _, reason: _why, ...event }) => event);
  return { count: rows.length, events };
}

function failureOf(row: FailureRow): IndexedFailure {
  const { no: _, topic, partition, offset, letter_topic, letter_partition, letter_offset, error, code, message, ...rest } = row;
  const { asked_action, asked_by, asked_ms, superseded, ...failure } = rest;
  return {
    ...failure,
    origin: { topic, partition, offset },
    letter: { topic: letter_topic, partition: letter_partition, offset: letter_offset },
    error: { name: error, code, message },
    asked: asked_action === null ? null : { action: asked_action, by: asked_by, atMs: asked_ms },
    isSuperseded: superseded === 1,
  };
}
