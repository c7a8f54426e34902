import { isAlive, type LeaseTable, thisProcess } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";

const getSql = "SELECT owner, until_ms AS untilMs, process FROM throughline_leases WHERE name = ?";
const takeSql = "INSERT OR REPLACE INTO throughline_leases (name, owner, until_ms, process) VALUES (?, ?, ?, ?)";
const ofPrefixSql =
  "SELECT name, owner, until_ms AS untilMs, process FROM throughline_leases WHERE substr(name, 1, length(?1)) = ?1";
const releaseSql = "DELETE FROM throughline_leases WHERE name = ? AND owner = ?";

interface HeldLease {
  readonly owner: string;
  readonly untilMs: number;
  readonly process: string;
}

export function leaseTable(transaction: OpenTransaction): LeaseTable {
  return {
    async acquire(name, owner, nowMs, untilMs) {
      const db = transaction.connection();
      const held = prepared(db, getSql).get(name) as HeldLease | undefined;
      const isFree = held === undefined || held.owner === owner || held.untilMs <= nowMs || !isAlive(held.process);
      if (isFree) prepared(db, takeSql).run(name, owner, untilMs, thisProcess());
      return isFree;
    },
    async release(name, owner) {
      prepared(transaction.connection(), releaseSql).run(name, owner);
    },
    async list(prefix, nowMs) {
      const held = prepared(transaction.connection(), ofPrefixSql).all(prefix) as unknown as (HeldLease & { name: string })[];
      return held.map(({ name, owner, untilMs, process }) => ({ name, owner, isOver: untilMs <= nowMs || !isAlive(process) }));
    },
  };
}
