import type { ControlRow, ControlTable } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";

const allSql = `
  SELECT id, kind, handler_id AS handlerId, subject, tenant, per_second AS perSecond, reason, asked_by AS by, at_ms AS atMs,
    until_ms AS untilMs
  FROM throughline_controls`;
const saveSql = `
  INSERT INTO throughline_controls (id, kind, handler_id, subject, tenant, per_second, reason, asked_by, at_ms, until_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, handler_id = excluded.handler_id, subject = excluded.subject,
    tenant = excluded.tenant, per_second = excluded.per_second, reason = excluded.reason, asked_by = excluded.asked_by,
    at_ms = excluded.at_ms, until_ms = excluded.until_ms`;
const removeSql = "DELETE FROM throughline_controls WHERE id = ?";
const spendSql =
  "UPDATE throughline_controls SET paid_until_ms = max(paid_until_ms, ?) + ? WHERE id = ? RETURNING paid_until_ms AS atMs";

export function controlTable(transaction: OpenTransaction): ControlTable {
  return {
    async all() {
      return prepared(transaction.connection(), allSql).all() as unknown as ControlRow[];
    },
    async save({ id, kind, handlerId, subject, tenant, perSecond, reason, by, atMs, untilMs }) {
      prepared(transaction.connection(), saveSql).run(id, kind, handlerId, subject, tenant, perSecond, reason, by, atMs, untilMs);
    },
    async remove(id) {
      return prepared(transaction.connection(), removeSql).run(id).changes > 0;
    },
    async spend(id, costMs, nowMs) {
      const spent = prepared(transaction.connection(), spendSql).get(nowMs, costMs, id) as { atMs: number } | undefined;
      return spent?.atMs ?? nowMs;
    },
  };
}
