import type { DatabaseSync } from "node:sqlite";
import type { Numbering, RelayRound, StoreBehind } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";

const readSql = "SELECT store_id, sequence_epoch, given, round, round_at_ms, behind FROM throughline_numbering";
const giveSql = "UPDATE throughline_numbering SET given = given + ?";
const roundSql = "UPDATE throughline_numbering SET round = ?, round_at_ms = ?";
const behindSql = "UPDATE throughline_numbering SET behind = ?";
const openSqls = [
  "UPDATE throughline_numbering SET sequence_epoch = ?, round = NULL, round_at_ms = NULL, behind = NULL",
  // Of what is waiting or stopped: those of rows that were sent left with them.
  "DELETE FROM throughline_outbox_numbers",
] as const;
const lastSql = `
  SELECT sequence FROM throughline_subjects
  WHERE topic = ? AND subject = ? AND sequence_epoch = (SELECT sequence_epoch FROM throughline_numbering)`;

interface StoredNumbering {
  readonly store_id: string;
  readonly sequence_epoch: number;
  readonly given: number;
  readonly round: string | null;
  readonly round_at_ms: number | null;
  readonly behind: string | null;
}

export function readNumbering(db: DatabaseSync): Numbering {
  const row = prepared(db, readSql).get() as unknown as StoredNumbering;
  return {
    storeId: row.store_id,
    sequenceEpoch: row.sequence_epoch,
    given: row.given,
    round: row.round === null ? null : { id: row.round, atMs: row.round_at_ms ?? 0 },
    behind: row.behind === null ? null : (JSON.parse(row.behind) as StoreBehind),
  };
}

export function countGiven(db: DatabaseSync, count: number): void {
  if (count > 0) prepared(db, giveSql).run(count);
}

export function beginRound(db: DatabaseSync, round: RelayRound): void {
  prepared(db, roundSql).run(round.id, round.atMs);
}

export function stopBehind(db: DatabaseSync, behind: StoreBehind): void {
  prepared(db, behindSql).run(JSON.stringify(behind));
}

/** Subjects begin anew by themselves: a number of another numbering than the store's counts for nothing. */
export function openNumbering(db: DatabaseSync, sequenceEpoch: number): void {
  prepared(db, openSqls[0]).run(sequenceEpoch);
  prepared(db, openSqls[1]).run();
}

export function lastNumberOf(db: DatabaseSync, { topic, subject }: { topic: string; subject: string }): number {
  return (prepared(db, lastSql).get(topic, subject) as { sequence: number } | undefined)?.sequence ?? 0;
}
