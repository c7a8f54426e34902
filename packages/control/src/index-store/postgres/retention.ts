import type { RetentionLimits } from "../index-store.ts";
import type { FailureRows } from "./failure-rows.ts";
import type { Sql } from "./index-database.ts";
import { eventsInSegment } from "./index-schema.ts";
import { removeOldLines } from "./log-rows.ts";

/** What one step removes at most of a table, so that no transaction is long. */
const rowsInStep = 4_000;

/** One bounded step, in the caller's transaction. Answers whether more is left to remove. */
export async function retainStep(sql: Sql, failures: FailureRows, limits: RetentionLimits, nowMs: number): Promise<boolean> {
  if (limits.deadLettersMs !== null && (await failures.remove(sql, nowMs - limits.deadLettersMs, rowsInStep / 8)) > 0)
    return true;
  const beforeMs = limits.logsMs === null ? null : nowMs - limits.logsMs;
  if (await removeOldLines(sql, { beforeMs, maxBytes: limits.logsMaxBytes }, rowsInStep)) return true;
  if (await removeGone(sql)) return true;
  const segment = await oldestSegment(sql, limits, nowMs);
  if (segment === null) return false;
  await removeFromSegment(sql, segment);
  return true;
}

/** Of the index by what was written and not removed, about: PostgreSQL's files give nothing back when rows go. */
async function oldestSegment(sql: Sql, { eventsMs, maxBytes }: RetentionLimits, nowMs: number): Promise<number | null> {
  const [oldest, after] = await sql.rows<{ segment: number; newest_ms: number }>(
    "SELECT segment, newest_ms FROM segment ORDER BY segment LIMIT 2",
  );
  // The segment that is being written stays.
  if (oldest === undefined || after === undefined) return null;
  if (eventsMs !== null && oldest.newest_ms < nowMs - eventsMs) return oldest.segment;
  if (maxBytes === null) return null;
  const { bytes } = (await sql.row<{ bytes: number }>("SELECT sum(bytes)::bigint AS bytes FROM segment"))!;
  return bytes > maxBytes ? oldest.segment : null;
}

/** The events, then the receipts of what lies before the segment's ends, then the segment. */
async function removeFromSegment(sql: Sql, segment: number): Promise<void> {
  const events = await sql.run(
    "DELETE FROM event WHERE no IN (SELECT no FROM event WHERE no >= $1 AND no < $2 ORDER BY no LIMIT $3)",
    segment * eventsInSegment,
    (segment + 1) * eventsInSegment,
    rowsInStep,
  );
  if (events > 0) return;
  const spans = await sql.rows<{ place: number; past: number }>(
    "SELECT place, past FROM segment_span WHERE segment = $1",
    segment,
  );
  for (const { place, past } of spans) {
    if (await removeReceipts(sql, place, past)) return;
    await sql.run("DELETE FROM segment_span WHERE segment = $1 AND place = $2", segment, place);
  }
  await sql.run("DELETE FROM segment WHERE segment = $1", segment);
}

/** Receipts of what lies before an offset; false once there are none. */
async function removeReceipts(sql: Sql, place: number, end: number): Promise<boolean> {
  const of = (table: string, before: string): string =>
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE place = $1 AND ${before} LIMIT $3))`;
  const told = await sql.run(of("receipt_told", '"offset" < $2'), place, end, rowsInStep);
  const ranges = await sql.run(of("receipt_range", "past <= $2"), place, end, rowsInStep);
  return told + ranges > 0;
}

/** Events of topics that are gone are shown to nobody, and age with their segments; their receipts go here. */
async function removeGone(sql: Sql): Promise<boolean> {
  const gone = await sql.rows<{ ref: number }>(
    "SELECT ref FROM place WHERE gone AND EXISTS (SELECT 1 FROM receipt_reach r WHERE r.place = place.ref)",
  );
  for (const { ref } of gone) {
    if (await removeReceipts(sql, ref, Number.MAX_SAFE_INTEGER)) return true;
    await sql.run("DELETE FROM receipt_reach WHERE place = $1", ref);
  }
  return false;
}
