import type { DatabaseSync } from "node:sqlite";
import type { RetentionLimits } from "../index-store.ts";
import { GroupRows } from "./group-rows.ts";
import { logBytes, removeOldLines } from "./log-rows.ts";
import type { Names } from "./names.ts";
import { prepared, rowOf, rowsOf } from "./prepared.ts";
import { eventsInSegment } from "./schema.ts";

/** What one step removes at most of a table, so that no transaction is long. */
const rowsInStep = 4_000;

/** One bounded step, in the caller's transaction. Answers whether more is left to remove. */
export function retainStep(db: DatabaseSync, names: Names, limits: RetentionLimits, nowMs: number): boolean {
  if (limits.deadLettersMs !== null && removeFailures(db, names, nowMs - limits.deadLettersMs)) return true;
  if (
    removeOldLines(
      db,
      { beforeMs: limits.logsMs === null ? null : nowMs - limits.logsMs, maxBytes: limits.logsMaxBytes },
      rowsInStep,
    )
  )
    return true;
  if (removeGone(db)) return true;
  const segment = oldestSegment(db, limits, nowMs);
  return segment !== null && removeFromSegment(db, segment);
}

function oldestSegment(db: DatabaseSync, { eventsMs, maxBytes }: RetentionLimits, nowMs: number): number | null {
  const [oldest, after] = rowsOf<{ segment: number; newest_ms: number }>(db, "SELECT * FROM segment ORDER BY segment LIMIT 2");
  // The segment that is being written stays.
  if (oldest === undefined || after === undefined) return null;
  const isOld = eventsMs !== null && oldest.newest_ms < nowMs - eventsMs;
  return isOld || (maxBytes !== null && usedBytes(db) - logBytes(db) > maxBytes) ? oldest.segment : null;
}

/** The pages that hold something: those that were freed are used again before the file grows. */
export function usedBytes(db: DatabaseSync): number {
  const pragma = (name: string) => Object.values(rowOf<Record<string, number>>(db, `PRAGMA ${name}`)!)[0]!;
  return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
}

/** The keys first, then the events, then the receipts of what lies before the segment's ends, then the segment. */
function removeFromSegment(db: DatabaseSync, segment: number): true {
  const [first, past] = [segment * eventsInSegment, (segment + 1) * eventsInSegment];
  const keys = prepared(
    db,
    "DELETE FROM event_key WHERE (segment, hash, no) IN (SELECT segment, hash, no FROM event_key WHERE segment = ? LIMIT ?)",
  ).run(segment, rowsInStep);
  if (Number(keys.changes) > 0) return true;
  const events = prepared(db, "DELETE FROM event WHERE no IN (SELECT no FROM event WHERE no >= ? AND no < ? LIMIT ?)").run(
    first,
    past,
    rowsInStep,
  );
  if (Number(events.changes) > 0) return true;
  for (const { place, past: end } of rowsOf<{ place: number; past: number }>(
    db,
    "SELECT place, past FROM segment_span WHERE segment = ?",
    segment,
  )) {
    if (removeReceipts(db, place, end)) return true;
    prepared(db, "DELETE FROM segment_span WHERE segment = ? AND place = ?").run(segment, place);
  }
  prepared(db, "DELETE FROM segment WHERE segment = ?").run(segment);
  return true;
}

/** Receipts of what lies before an offset; false once there are none. */
function removeReceipts(db: DatabaseSync, place: number, end: number): boolean {
  const told = prepared(
    db,
    `DELETE FROM receipt_told WHERE (place, offset, handler, told_partition, told_offset) IN
       (SELECT place, offset, handler, told_partition, told_offset FROM receipt_told WHERE place = ? AND offset < ? LIMIT ?)`,
  ).run(place, end, rowsInStep);
  const ranges = prepared(
    db,
    `DELETE FROM receipt_range WHERE (place, handler, first, past, epoch, at_ms) IN
       (SELECT place, handler, first, past, epoch, at_ms FROM receipt_range WHERE place = ? AND past <= ? LIMIT ?)`,
  ).run(place, end, rowsInStep);
  return Number(told.changes) + Number(ranges.changes) > 0;
}

/** Events of topics that are gone are shown to nobody, and age with their segments; their receipts go here. */
function removeGone(db: DatabaseSync): boolean {
  for (const { ref } of rowsOf<{ ref: number }>(
    db,
    "SELECT ref FROM place WHERE gone = 1 AND EXISTS (SELECT 1 FROM receipt_reach WHERE place = place.ref)",
  )) {
    if (removeReceipts(db, ref, Number.MAX_SAFE_INTEGER)) return true;
    prepared(db, "DELETE FROM receipt_reach WHERE place = ?").run(ref);
  }
  return false;
}

function removeFailures(db: DatabaseSync, names: Names, beforeMs: number): boolean {
  const groups = new GroupRows(db, names);
  const rows = rowsOf<{
    no: number;
    failure_id: Uint8Array | string;
    failure_group: number;
    version: number;
    failed_ms: number;
    state: string;
    superseded: number;
    tenant: number | null;
  }>(
    db,
    "SELECT no, failure_id, failure_group, version, failed_ms, state, superseded, tenant FROM failure WHERE failed_ms < ? LIMIT ?",
    beforeMs,
    Math.floor(rowsInStep / 8),
  );
  for (const row of rows) {
    prepared(db, "DELETE FROM failure WHERE no = ?").run(row.no);
    groups.remove(row);
  }
  return rows.length > 0;
}
