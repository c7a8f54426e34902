import type { PositionRow, PositionTable, Run } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { PositionLocks } from "../position-locks.ts";
import { decodeText, encodeText } from "../text-codec.ts";

const findSql = `
  SELECT subject, sequence, sequence_epoch, baseline, parked FROM throughline.positions
  WHERE handler_id = $1 AND epoch = $2 AND stream = $3 AND subject = ANY($4::text[]) AND NOT is_place`;
const saveSql = `
  INSERT INTO throughline.positions (handler_id, epoch, stream, subject, sequence, sequence_epoch, baseline, parked, is_place)
  SELECT $1, $2, $3, v.subject, v.sequence, v.sequence_epoch, v.baseline, v.parked, false
  FROM unnest($4::text[], $5::bigint[], $6::int[], $7::bigint[], $8::int[]) AS v(subject, sequence, sequence_epoch, baseline, parked)
  ORDER BY v.subject
  ON CONFLICT (handler_id, epoch, stream, subject) DO UPDATE SET
    sequence = excluded.sequence, sequence_epoch = excluded.sequence_epoch, baseline = excluded.baseline,
    parked = excluded.parked, is_place = false`;
const reopenSql = `
  UPDATE throughline.positions SET baseline = 0
  WHERE handler_id = $1 AND epoch = $2 AND stream = $3 AND baseline <> 0 AND NOT is_place`;
const addLostSql = `
  INSERT INTO throughline.lost_sequences (handler_id, epoch, stream, subject, sequence_epoch, first, last)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`;
const isLostSql = `
  SELECT 1 FROM throughline.lost_sequences
  WHERE handler_id = $1 AND epoch = $2 AND stream = $3 AND subject = $4 AND sequence_epoch = $5 AND first <= $6 AND last >= $6 LIMIT 1`;

type Columns = [subject: string, sequence: number, sequenceEpoch: number, baseline: number, parked: number];

export function positionTable(transaction: OpenTransaction): PositionTable {
  const locks = new PositionLocks(transaction);
  const inRun = ({ handlerId, epoch }: Run, stream: string): unknown[] => [handlerId, epoch, encodeText(stream)];
  return {
    lock: (run, stream, subjects, { wait }) => locks.lock(run, stream, subjects, wait),
    async find(run, stream, subjects) {
      const found = new Map<string, PositionRow>();
      // What this transaction has locked was read with the lock, and nobody else changes it.
      const unknown = locks.known(run, stream, subjects, found);
      if (unknown.length === 0) return found;
      const rows = await transaction.columns<Columns>(findSql, [...inRun(run, stream), unknown.map(encodeText)]);
      for (const row of rows) {
        const subject = decodeText(row[0]);
        found.set(subject, { subject, sequence: row[1], sequenceEpoch: row[2], baseline: row[3], parked: row[4] });
      }
      return found;
    },
    async save(run, stream, rows) {
      if (rows.length === 0) return;
      await transaction.prepared(saveSql, [
        ...inRun(run, stream),
        rows.map((row) => encodeText(row.subject)),
        rows.map((row) => row.sequence),
        rows.map((row) => row.sequenceEpoch),
        rows.map((row) => row.baseline),
        rows.map((row) => row.parked),
      ]);
      locks.saved(run, stream, rows);
    },
    async reopen(run, stream) {
      await transaction.rows(reopenSql, inRun(run, stream));
      locks.forget();
    },
    async addLost(run, stream, subject, { sequenceEpoch, from, to }) {
      await transaction.rows(addLostSql, [...inRun(run, stream), encodeText(subject), sequenceEpoch, from, to]);
    },
    async isLost(run, stream, subject, sequenceEpoch, sequence) {
      const values = [...inRun(run, stream), encodeText(subject), sequenceEpoch, sequence];
      return (await transaction.rows(isLostSql, values)).length > 0;
    },
  };
}
