import type { CursorClaim, CursorKey, CursorRow, CursorTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";

const columns = `
  handler_id AS "handlerId", epoch, topic_id AS "topicId", partition, topic, next_offset AS "offset", origin_offset AS "originOffset",
  until_offset AS "untilOffset", log_time_ms AS "logTimeMs", reported_offset AS "reportedOffset"`;
const isKey = "handler_id = $1 AND epoch = $2 AND topic_id = $3 AND partition = $4";

const listSql = `SELECT ${columns} FROM throughline.cursors`;
const listOfRunSql = `${listSql} WHERE handler_id = $1 AND epoch = $2`;
// In the order of their keys, so that two who add the same ones do not wait for each other in a circle.
const addSql = `
  INSERT INTO throughline.cursors
    (handler_id, epoch, topic_id, partition, topic, next_offset, origin_offset, until_offset, log_time_ms, reported_offset)
  SELECT * FROM unnest($1::int[], $2::int[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
  ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING`;
const lockSql = `${listSql} WHERE ${isKey} FOR NO KEY UPDATE`;
const moveSql = `UPDATE throughline.cursors SET next_offset = $5, log_time_ms = $6 WHERE ${isKey} AND next_offset = $7 RETURNING 1`;
const markReportedSql = `UPDATE throughline.cursors SET reported_offset = greatest(reported_offset, $5) WHERE ${isKey}`;
const removeSql = `DELETE FROM throughline.cursors WHERE ${isKey} AND next_offset = $5 RETURNING 1`;
const claimSql = `SELECT claim FROM throughline.cursors WHERE ${isKey}`;
const saveClaimSql = `UPDATE throughline.cursors SET claim = $5 WHERE ${isKey}`;

export function cursorTable(transaction: OpenTransaction): CursorTable {
  return {
    list: (run) =>
      run === undefined
        ? transaction.rows<CursorRow>(listSql)
        : transaction.rows<CursorRow>(listOfRunSql, [run.handlerId, run.epoch]),
    async add(cursors) {
      if (cursors.length === 0) return;
      await transaction.rows(addSql, [
        cursors.map((row) => row.handlerId),
        cursors.map((row) => row.epoch),
        cursors.map((row) => row.topicId),
        cursors.map((row) => row.partition),
        cursors.map((row) => row.topic),
        cursors.map((row) => row.offset),
        cursors.map((row) => row.originOffset),
        cursors.map((row) => row.untilOffset),
        cursors.map((row) => row.logTimeMs),
        cursors.map((row) => row.reportedOffset),
      ]);
    },
    async lock(key) {
      return (await transaction.prepared<CursorRow>(lockSql, valuesOf(key)))[0] ?? null;
    },
    async move(key, from, to, logTimeMs) {
      return (await transaction.prepared(moveSql, [...valuesOf(key), to, logTimeMs, from])).length === 1;
    },
    async markReported(key, offset) {
      await transaction.prepared(markReportedSql, [...valuesOf(key), offset]);
    },
    async claim(key) {
      const [row] = await transaction.prepared<{ claim: string | null }>(claimSql, valuesOf(key));
      return row?.claim == null ? null : (JSON.parse(row.claim) as CursorClaim);
    },
    async saveClaim(key, claim) {
      await transaction.prepared(saveClaimSql, [...valuesOf(key), JSON.stringify(claim)]);
    },
    async remove(key, offset) {
      return (await transaction.prepared(removeSql, [...valuesOf(key), offset])).length === 1;
    },
  };
}

function valuesOf(key: CursorKey): [number, number, string, number] {
  return [key.handlerId, key.epoch, key.topicId, key.partition];
}
