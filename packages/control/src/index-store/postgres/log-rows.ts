import { gapOf, linesOfFlows, type LogGap, type LogLine, rankOf } from "../../log-lines/log-line.ts";
import { type LogGapQuery, type LogLinePage, type LogLineQuery, pageOf, readCursor } from "../../log-lines/log-line-query.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import { byFlow, byId, hashOfKey } from "../id-hash.ts";
import type { LogEntry } from "../index-batch.ts";
import { bytesOfALine } from "../log-line-size.ts";
import type { Sql } from "./index-database.ts";

const insertLines = `INSERT INTO log_line (at_ms, kept_ms, level, service, flow_hash, event_hash, correlation, event, handler, attempt, size, body)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
  $10::bigint[], $11::bigint[], $12::text[])`;

/** Writes log lines behind the last one, in the caller's transaction. */
export async function addLogLines(sql: Sql, entries: readonly LogEntry[]): Promise<void> {
  const lines = entries.flatMap(({ sent, atMs }) =>
    linesOfFlows(sent).map((line) => ({ line, atMs, body: JSON.stringify(line) })),
  );
  if (lines.length > 0) {
    const column = <T>(value: (line: LogLine) => T): T[] => lines.map(({ line }) => value(line));
    const sizes = lines.map(({ body }) => bytesOfALine(body));
    await sql.run(
      insertLines,
      column(({ atMs }) => whole(atMs)),
      lines.map(({ atMs }) => whole(atMs)),
      column(({ level }) => rankOf(level)),
      column(({ service }) => storable(service)),
      column(({ correlationId: id }) => (id === undefined ? null : hashOfKey(byFlow, storable(id)))),
      column(({ eventId: id }) => (id === undefined ? null : hashOfKey(byId, storable(id)))),
      column(({ correlationId }) => storableOrNull(correlationId ?? null)),
      column(({ eventId }) => storableOrNull(eventId ?? null)),
      column(({ handler }) => storableOrNull(handler ?? null)),
      column(({ attempt }) => (attempt === undefined ? null : whole(attempt))),
      sizes,
      // JSON has neither of what PostgreSQL's texts have not.
      lines.map(({ body }) => body),
    );
    await sql.run(
      "UPDATE log_size SET bytes = bytes + $1::bigint",
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }
  for (const { sent, atMs } of entries) {
    const gap = gapOf(sent);
    if (gap === null) continue;
    const { service, instance, count, fromMs, toMs } = gap;
    await sql.run(
      "INSERT INTO log_gap (service, instance, count, from_ms, to_ms, kept_ms) VALUES ($1, $2, $3, $4, $5, $6)",
      storable(service),
      storable(instance),
      whole(count),
      whole(fromMs),
      whole(toMs),
      whole(atMs),
    );
  }
}

/** What a hash finds is compared with the key itself. */
export async function logLines(sql: Sql, query: LogLineQuery): Promise<LogLinePage> {
  const { of, services, handler, attempt, fromLevel, limit, cursor } = query;
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where = (condition: (n: string) => string, value: unknown, type: string): void => {
    values.push(value);
    conditions.push(condition(`$${values.length}::${type}`));
  };
  const key = storable("flow" in of ? of.flow : of.event);
  const [hash, column] = "flow" in of ? (["flow_hash", "correlation"] as const) : (["event_hash", "event"] as const);
  where((n) => `${hash} = ${n}`, hashOfKey("flow" in of ? byFlow : byId, key), "bigint");
  where((n) => `${column} = ${n}`, key, "text");
  if (services !== undefined) where((n) => `service = ANY (${n})`, services.map(storable), "text[]");
  if (handler !== undefined) where((n) => `handler = ${n}`, storable(handler), "text");
  if (attempt !== undefined) where((n) => `attempt = ${n}`, whole(attempt), "bigint");
  if (fromLevel !== undefined) where((n) => `level >= ${n}`, rankOf(fromLevel), "bigint");
  if (cursor !== undefined) {
    const first = values.push(...readCursor(cursor).map(whole)) - 1;
    conditions.push(`(at_ms, no) > ($${first}::bigint, $${first + 1}::bigint)`);
  }
  values.push(limit + 1);
  const rows = await sql.rows<{ at_ms: number; no: number; body: string }>(
    `SELECT at_ms, no, body FROM log_line WHERE ${conditions.join(" AND ")} ORDER BY at_ms, no LIMIT $${values.length}`,
    ...values,
  );
  return pageOf(rows, limit);
}

export function logGaps(sql: Sql, { services, fromMs, toMs }: LogGapQuery): Promise<LogGap[]> {
  return sql.rows<LogGap>(
    `SELECT service, instance, count, from_ms AS "fromMs", to_ms AS "toMs" FROM log_gap
     WHERE to_ms >= $1::bigint AND from_ms <= $2::bigint AND service = ANY ($3::text[]) ORDER BY from_ms, to_ms LIMIT 100`,
    whole(fromMs),
    whole(toMs),
    services.map(storable),
  );
}

/** The oldest lines first, by when they came: what a line says of its time proves nothing. Answers whether something was removed. */
export async function removeOldLines(
  sql: Sql,
  { beforeMs, maxBytes }: { beforeMs: number | null; maxBytes: number | null },
  most: number,
): Promise<boolean> {
  let { bytes } = (await sql.row<{ bytes: number }>("SELECT bytes FROM log_size"))!;
  const isTooMuch = (): boolean => maxBytes !== null && bytes > maxBytes;
  const isOld = (keptMs: number): boolean => beforeMs !== null && keptMs < beforeMs;
  const gaps = beforeMs === null ? 0 : await sql.run("DELETE FROM log_gap WHERE kept_ms < $1::bigint", whole(beforeMs));
  const first = await sql.row<{ kept_ms: number }>("SELECT kept_ms FROM log_line ORDER BY no LIMIT 1");
  if (first === undefined || !(isOld(first.kept_ms) || isTooMuch())) return gaps > 0;
  let last = -1;
  for (const { no, kept_ms, size } of await sql.rows<{ no: number; kept_ms: number; size: number }>(
    "SELECT no, kept_ms, size FROM log_line ORDER BY no LIMIT $1",
    most,
  )) {
    if (!isOld(kept_ms) && !isTooMuch()) break;
    last = no;
    bytes -= size;
  }
  await sql.run("DELETE FROM log_line WHERE no <= $1::bigint", last);
  await sql.run("UPDATE log_size SET bytes = $1::bigint", bytes);
  return true;
}
