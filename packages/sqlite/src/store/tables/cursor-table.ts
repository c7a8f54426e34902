import { prepared } from "../../database/prepared.ts";
import type { CursorClaim, CursorKey, CursorRow, CursorTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";

const columns = `
  handler_id AS handlerId, epoch, topic_id AS topicId, partition, topic, next_offset AS "offset", origin_offset AS originOffset,
  until_offset AS untilOffset, log_time_ms AS logTimeMs, reported_offset AS reportedOffset`;
const isKey = "handler_id = ? AND epoch = ? AND topic_id = ? AND partition = ?";

const listSql = `SELECT ${columns} FROM throughline_cursors`;
const listOfRunSql = `${listSql} WHERE handler_id = ? AND epoch = ?`;
const addSql = `
  INSERT OR IGNORE INTO throughline_cursors
    (handler_id, epoch, topic_id, partition, topic, next_offset, origin_offset, until_offset, log_time_ms, reported_offset)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const lockSql = `${listSql} WHERE ${isKey}`;
const moveSql = `UPDATE throughline_cursors SET next_offset = ?, log_time_ms = ? WHERE ${isKey} AND next_offset = ?`;
const markReportedSql = `UPDATE throughline_cursors SET reported_offset = max(reported_offset, ?) WHERE ${isKey}`;
const removeSql = `DELETE FROM throughline_cursors WHERE next_offset = ? AND ${isKey}`;

const claimSql = `SELECT claim FROM throughline_cursors WHERE ${isKey}`;
const saveClaimSql = `UPDATE throughline_cursors SET claim = ? WHERE ${isKey}`;

export function cursorTable(transaction: OpenTransaction): CursorTable {
  return {
    async list(run) {
      const db = transaction.connection();
      const rows = run === undefined ? prepared(db, listSql).all() : prepared(db, listOfRunSql).all(run.handlerId, run.epoch);
      return rows as unknown as CursorRow[];
    },
    async add(cursors) {
      const add = prepared(transaction.connection(), addSql);
      for (const row of cursors) {
        add.run(...valuesOf(row), row.topic, row.offset, row.originOffset, row.untilOffset, row.logTimeMs, row.reportedOffset);
      }
    },
    // The whole database is locked already: SQLite has one writer.
    async lock(key) {
      return (prepared(transaction.connection(), lockSql).get(...valuesOf(key)) as CursorRow | undefined) ?? null;
    },
    async move(key, from, to, logTimeMs) {
      return prepared(transaction.connection(), moveSql).run(to, logTimeMs, ...valuesOf(key), from).changes === 1;
    },
    async markReported(key, offset) {
      prepared(transaction.connection(), markReportedSql).run(offset, ...valuesOf(key));
    },
    async claim(key) {
      const row = prepared(transaction.connection(), claimSql).get(...valuesOf(key)) as { claim: string | null } | undefined;
      return row?.claim == null ? null : (JSON.parse(row.claim) as CursorClaim);
    },
    async saveClaim(key, claim) {
      prepared(transaction.connection(), saveClaimSql).run(JSON.stringify(claim), ...valuesOf(key));
    },
    async remove(key, offset) {
      return prepared(transaction.connection(), removeSql).run(offset, ...valuesOf(key)).changes === 1;
    },
  };
}

function valuesOf(key: CursorKey): [number, number, string, number] {
  return [key.handlerId, key.epoch, key.topicId, key.partition];
}
