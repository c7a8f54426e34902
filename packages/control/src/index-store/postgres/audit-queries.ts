import type { AuditEntry, ControlAuditEntry } from "throughline/system-topics";
import type { AuditPage, AuditQuery } from "../index-store.ts";
import { storable, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

/** Beyond it a time is none, and no number that a cursor could name. */
const lastMs = 8.64e15;

/** The page after begins where one ended, whatever came meanwhile. */
export async function auditEntries(sql: Sql, query: AuditQuery): Promise<AuditPage> {
  const { service, handler, action, by, failureId, sinceMs, untilMs, services, without, limit, cursor, ...rest } = query;
  // A filter that is not known here must not be passed over in silence.
  rest satisfies Record<string, never>;
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where = (condition: (n: string) => string, value: string | number | readonly string[] | undefined): void => {
    if (value === undefined) return;
    values.push(typeof value === "string" ? storable(value) : typeof value === "number" ? whole(value) : value.map(storable));
    const type = typeof value === "string" ? "text" : typeof value === "number" ? "bigint" : "text[]";
    conditions.push(condition(`$${values.length}::${type}`));
  };
  where((n) => `at_ms < ${n}`, Math.ceil(Math.min(untilMs ?? lastMs, lastMs)));
  where((n) => `service = ${n}`, service);
  where((n) => `handler = ${n}`, handler);
  where((n) => `action = ${n}`, action);
  where((n) => `by_whom = ${n}`, by);
  where((n) => `md5(failure) = md5(${n}) AND failure = ${n}`, failureId);
  where((n) => `at_ms >= ${n}`, sinceMs === undefined ? undefined : Math.ceil(sinceMs));
  where((n) => `service = ANY (${n})`, services);
  where((n) => `action != ALL (${n})`, without);
  const after = cursor?.split("~").map(Number);
  if (after !== undefined) {
    const first = values.push(...after.map(whole)) - after.length;
    conditions.push(`(at_ms, partition, "offset") < ($${first + 1}::bigint, $${first + 2}::bigint, $${first + 3}::bigint)`);
  }
  values.push(limit + 1);
  const rows = await sql.rows<{ at_ms: number; partition: number; offset: number; body: string }>(
    `SELECT at_ms, partition, "offset", body FROM audit WHERE ${conditions.join(" AND ")}
     ORDER BY at_ms DESC, partition DESC, "offset" DESC LIMIT $${values.length}`,
    ...values,
  );
  const last = rows.length > limit ? rows[limit - 1]! : null;
  return {
    entries: rows.slice(0, limit).map(({ body }) => JSON.parse(body) as AuditEntry | ControlAuditEntry),
    cursor: last === null ? null : `${last.at_ms}~${last.partition}~${last.offset}`,
  };
}
