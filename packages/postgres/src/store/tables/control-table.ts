import type { ControlRow, ControlTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { decodeText, encodeText } from "../text-codec.ts";

const allSql = `
  SELECT id, kind, handler_id AS "handlerId", subject, tenant, per_second AS "perSecond", reason, asked_by AS "by", at_ms AS "atMs",
    until_ms AS "untilMs"
  FROM throughline.controls`;
const saveSql = `
  INSERT INTO throughline.controls (id, kind, handler_id, subject, tenant, per_second, reason, asked_by, at_ms, until_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, handler_id = excluded.handler_id, subject = excluded.subject,
    tenant = excluded.tenant, per_second = excluded.per_second, reason = excluded.reason, asked_by = excluded.asked_by,
    at_ms = excluded.at_ms, until_ms = excluded.until_ms`;
const removeSql = "DELETE FROM throughline.controls WHERE id = $1";
const spendSql = `
  UPDATE throughline.controls SET paid_until_ms = greatest(paid_until_ms, $2::float8) + $3::float8 WHERE id = $1
  RETURNING paid_until_ms AS "atMs"`;

export function controlTable(transaction: OpenTransaction): ControlTable {
  return {
    async all() {
      const rows = await transaction.rows<ControlRow>(allSql);
      return rows.map((row) => ({
        ...row,
        subject: decoded(row.subject),
        tenant: decoded(row.tenant),
        reason: decoded(row.reason),
      }));
    },
    async save({ id, kind, handlerId, subject, tenant, perSecond, reason, by, atMs, untilMs }) {
      const texts = [subject, tenant, reason].map((text) => (text === null ? null : encodeText(text)));
      await transaction.rows(saveSql, [id, kind, handlerId, texts[0], texts[1], perSecond, texts[2], by, atMs, untilMs]);
    },
    async remove(id) {
      return (await transaction.changes(removeSql, [id])) > 0;
    },
    async spend(id, costMs, nowMs) {
      return (await transaction.rows<{ atMs: number }>(spendSql, [id, nowMs, costMs]))[0]?.atMs ?? nowMs;
    },
  };
}

function decoded(text: string | null): string | null {
  return text === null ? null : decodeText(text);
}
