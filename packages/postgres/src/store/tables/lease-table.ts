import { isAlive, type LeaseTable, thisProcess } from "throughline/seams";
import { decodeText, encodeText } from "../text-codec.ts";
import type { OpenTransaction } from "../open-transaction.ts";

// One statement, so that of several who find it free one gets it. $5: a process that is known to be dead.
const takeSql = `
  INSERT INTO throughline.leases AS held (name, owner, until_ms, process) VALUES ($1, $2, $3, $6)
  ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms, process = excluded.process
    WHERE held.owner = excluded.owner OR held.until_ms <= $4 OR held.process = $5
  RETURNING 1`;
const holderSql = "SELECT process FROM throughline.leases WHERE name = $1";
const ofPrefixSql = 'SELECT name, owner, until_ms AS "untilMs", process FROM throughline.leases WHERE starts_with(name, $1)';
const releaseSql = "DELETE FROM throughline.leases WHERE name = $1 AND owner = $2";

interface HeldLease {
  readonly name: string;
  readonly owner: string;
  readonly untilMs: number;
  readonly process: string;
}

/** A process is known to be dead only where it ran on this machine: elsewhere its lease runs out. */
export function leaseTable(transaction: OpenTransaction): LeaseTable {
  return {
    async acquire(name, owner, nowMs, untilMs) {
      const take = async (dead: string): Promise<boolean> => {
        const values = [encodeText(name), encodeText(owner), untilMs, nowMs, dead, thisProcess()];
        return (await transaction.prepared(takeSql, values)).length > 0;
      };
      if (await take("")) return true;
      const [held] = await transaction.prepared<{ process: string }>(holderSql, [encodeText(name)]);
      return held !== undefined && !isAlive(held.process) && take(held.process);
    },
    async release(name, owner) {
      await transaction.prepared(releaseSql, [encodeText(name), encodeText(owner)]);
    },
    async list(prefix, nowMs) {
      const held = await transaction.rows<HeldLease>(ofPrefixSql, [encodeText(prefix)]);
      return held.map(({ name, owner, untilMs, process }) => ({
        name: decodeText(name),
        owner: decodeText(owner),
        isOver: untilMs <= nowMs || !isAlive(process),
      }));
    },
  };
}
