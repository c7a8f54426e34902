import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { gapOf, linesOfFlows, type LogGap, rankOf } from "../../log-lines/log-line.ts";
import { type LogGapQuery, type LogLinePage, type LogLineQuery, pageOf, readCursor } from "../../log-lines/log-line-query.ts";
import { whole } from "../../whole.ts";
import { byFlow, byId, hashOfKey } from "../id-hash.ts";
import type { LogEntry } from "../index-batch.ts";
import { bytesOfALine } from "../log-line-size.ts";
import type { Names } from "./names.ts";
import { prepared, rowOf, rowsOf } from "./prepared.ts";

/** Writes log lines behind the last one, in the caller's transaction. */
export function addLogLines(db: DatabaseSync, names: Names, entries: readonly LogEntry[]): void {
  let bytes = 0;
  const insert = prepared(
    db,
    `INSERT INTO log_line (at_ms, kept_ms, level, service, flow_hash, event_hash, correlation, event, handler, attempt, size, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { sent, atMs } of entries) {
    for (const line of linesOfFlows(sent)) {
      const { correlationId: flow = null, eventId: event = null, handler = null, attempt = null } = line;
      const body = JSON.stringify(line);
      const size = bytesOfALine(body);
      bytes += size;
      insert.run(
        whole(line.atMs),
        whole(atMs),
        rankOf(line.level),
        names.ref(line.service),
        flow === null ? null : hashOfKey(byFlow, flow),
        event === null ? null : hashOfKey(byId, event),
        flow,
        event,
        handler === null ? null : names.ref(handler),
        attempt,
        size,
        body,
      );
    }
    const gap = gapOf(sent);
    if (gap !== null)
      prepared(db, "INSERT INTO log_gap VALUES (?, ?, ?, ?, ?, ?)").run(
        names.ref(gap.service),
        names.ref(gap.instance),
        whole(gap.count),
        whole(gap.fromMs),
        whole(gap.toMs),
        whole(atMs),
      );
  }
  if (bytes > 0) prepared(db, "UPDATE log_size SET bytes = bytes + ?").run(bytes);
}

/** What a hash finds is compared with the key itself. */
export function logLines(db: DatabaseSync, query: LogLineQuery): LogLinePage {
  const { of, services, handler, attempt, fromLevel, limit, cursor } = query;
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (sql: string, ...given: SQLInputValue[]): void => {
    conditions.push(sql);
    values.push(...given);
  };
  if ("flow" in of) where("l.flow_hash = ? AND l.correlation = ?", hashOfKey(byFlow, of.flow), of.flow);
  else where("l.event_hash = ? AND l.event = ?", hashOfKey(byId, of.event), of.event);
  if (services !== undefined) where("s.text IN (SELECT value FROM json_each(?))", JSON.stringify(services));
  if (handler !== undefined) where("l.handler = (SELECT ref FROM name WHERE text = ?)", handler);
  if (attempt !== undefined) where("l.attempt = ?", attempt);
  if (fromLevel !== undefined) where("l.level >= ?", rankOf(fromLevel));
  if (cursor !== undefined) where("(l.at_ms, l.no) > (?, ?)", ...readCursor(cursor));
  const rows = rowsOf<{ at_ms: number; no: number; body: string }>(
    db,
    `SELECT l.at_ms, l.no, l.body FROM log_line l CROSS JOIN name s ON s.ref = l.service WHERE ${conditions.join(" AND ")}
     ORDER BY l.at_ms, l.no LIMIT ?`,
    ...values,
    limit + 1,
  );
  return pageOf(rows, limit);
}

export function logGaps(db: DatabaseSync, { services, fromMs, toMs }: LogGapQuery): LogGap[] {
  const rows = rowsOf<LogGap>(
    db,
    `SELECT s.text AS service, i.text AS instance, g.count, g.from_ms AS fromMs, g.to_ms AS toMs
     FROM log_gap g JOIN name s ON s.ref = g.service JOIN name i ON i.ref = g.instance
     WHERE g.to_ms >= ? AND g.from_ms <= ? AND s.text IN (SELECT value FROM json_each(?)) ORDER BY g.from_ms, g.to_ms LIMIT 100`,
    fromMs,
    toMs,
    JSON.stringify(services),
  );
  return rows.map((gap) => ({ ...gap }));
}

/** What log lines take of the file, about. */
export const logBytes = (db: DatabaseSync): number => rowOf<{ bytes: number }>(db, "SELECT bytes FROM log_size")!.bytes;

/** The oldest lines first, by when they came: what a line says of its time proves nothing. Answers whether something was removed. */
export function removeOldLines(
  db: DatabaseSync,
  { beforeMs, maxBytes }: { beforeMs: number | null; maxBytes: number | null },
  most: number,
): boolean {
  let bytes = logBytes(db);
  const isTooMuch = (): boolean => maxBytes !== null && bytes > maxBytes;
  const isOld = (keptMs: number): boolean => beforeMs !== null && keptMs < beforeMs;
  const [first] = rowsOf<{ kept_ms: number }>(db, "SELECT kept_ms FROM log_line ORDER BY no LIMIT 1");
  const gaps =
    beforeMs === null
      ? 0
      : Number(
          prepared(db, "DELETE FROM log_gap WHERE rowid IN (SELECT rowid FROM log_gap WHERE kept_ms < ? LIMIT ?)").run(
            beforeMs,
            most,
          ).changes,
        );
  if (first === undefined || !(isOld(first.kept_ms) || isTooMuch())) return gaps > 0;
  let last = -1;
  for (const { no, kept_ms, size } of rowsOf<{ no: number; kept_ms: number; size: number }>(
    db,
    "SELECT no, kept_ms, size FROM log_line ORDER BY no LIMIT ?",
    most,
  )) {
    if (!isOld(kept_ms) && !isTooMuch()) break;
    last = no;
    bytes -= size;
  }
  prepared(db, "DELETE FROM log_line WHERE no <= ?").run(last);
  prepared(db, "UPDATE log_size SET bytes = ?").run(bytes);
  return true;
}
