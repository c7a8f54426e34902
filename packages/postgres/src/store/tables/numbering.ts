import type { Numbering, RelayRound, StoreBehind } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { encodeText } from "../text-codec.ts";

const readSql = `
  SELECT store_id AS "storeId", sequence_epoch AS "sequenceEpoch", given, round, round_at_ms AS "roundAtMs", behind
  FROM throughline.numbering`;
const lockSql = `${readSql} FOR NO KEY UPDATE`;
const giveSql = "UPDATE throughline.numbering SET given = given + $1";
const roundSql = "UPDATE throughline.numbering SET round = $1, round_at_ms = $2";
const behindSql = "UPDATE throughline.numbering SET behind = $1";
const openSqls = [
  // Of what waits or is stopped: those of rows that were sent left with them.
  "UPDATE throughline.outbox_tickets SET sequence = NULL, sequence_epoch = NULL WHERE sequence IS NOT NULL",
  "UPDATE throughline.outbox_held SET sequence = NULL, sequence_epoch = NULL WHERE sequence IS NOT NULL",
] as const;
const openSql = "UPDATE throughline.numbering SET sequence_epoch = $1, round = NULL, round_at_ms = NULL, behind = NULL";
const lastSql = `
  SELECT s.sequence, v.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS v(topic, subject, place)
    JOIN throughline.subjects AS s ON s.topic = v.topic AND s.subject = v.subject
  WHERE s.sequence_epoch = (SELECT sequence_epoch FROM throughline.numbering)`;

interface StoredNumbering {
  readonly storeId: string;
  readonly sequenceEpoch: number;
  readonly given: number;
  readonly round: string | null;
  readonly roundAtMs: number | null;
  readonly behind: string | null;
}

/** With `lock`, until the transaction ends, nobody else numbers: what this one reads then is what the last one left. */
export async function readNumbering(transaction: OpenTransaction, { lock }: { lock: boolean }): Promise<Numbering> {
  const [row] = await transaction.prepared<StoredNumbering>(lock ? lockSql : readSql);
  const { storeId, sequenceEpoch, given, round, roundAtMs, behind } = row as StoredNumbering;
  return {
    storeId,
    sequenceEpoch,
    given,
    round: round === null ? null : { id: round, atMs: roundAtMs ?? 0 },
    behind: behind === null ? null : (JSON.parse(behind) as StoreBehind),
  };
}

export async function countGiven(transaction: OpenTransaction, count: number): Promise<void> {
  if (count > 0) await transaction.prepared(giveSql, [count]);
}

export async function beginRound(transaction: OpenTransaction, round: RelayRound): Promise<void> {
  await transaction.prepared(roundSql, [round.id, round.atMs]);
}

export async function stopBehind(transaction: OpenTransaction, behind: StoreBehind): Promise<void> {
  await transaction.rows(behindSql, [JSON.stringify(behind)]);
}

/** Subjects begin anew by themselves: a number of another numbering than the store's counts for nothing. */
export async function openNumbering(transaction: OpenTransaction, sequenceEpoch: number): Promise<void> {
  await transaction.rows(openSql, [sequenceEpoch]);
  for (const sql of openSqls) await transaction.rows(sql);
}

export async function lastNumbers(
  transaction: OpenTransaction,
  subjects: readonly { readonly topic: string; readonly subject: string }[],
): Promise<number[]> {
  const rows = await transaction.rows<{ sequence: number; place: number }>(lastSql, [
    subjects.map(({ topic }) => topic),
    subjects.map(({ subject }) => encodeText(subject)),
  ]);
  const numbers = new Map(rows.map(({ sequence, place }) => [place, sequence]));
  return subjects.map((_, i) => numbers.get(i + 1) ?? 0);
}
