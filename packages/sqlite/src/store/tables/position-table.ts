import type { PositionRow, PositionTable } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { KeyReader, RowWriter } from "../row-batches.ts";

const findRows = new KeyReader<string>({
  bind: (subject, values) => void values.push(subject),
  text: (subjects) => `
    SELECT subject, sequence, sequence_epoch, baseline, parked
    FROM throughline_positions WHERE handler_id = ? AND epoch = ? AND stream = ? AND subject IN (${subjects})`,
});

type Columns = [subject: string, sequence: number, sequenceEpoch: number, baseline: number, parked: number];

const saveRows = new RowWriter<PositionRow>({
  columns: 8,
  bind: (row, values) => void values.push(row.subject, row.sequence, row.sequenceEpoch, row.baseline, row.parked),
  text: (rows) => `
    INSERT INTO throughline_positions (handler_id, epoch, stream, subject, sequence, sequence_epoch, baseline, parked)
    VALUES ${rows}
    ON CONFLICT DO UPDATE SET
      sequence = excluded.sequence, sequence_epoch = excluded.sequence_epoch, baseline = excluded.baseline, parked = excluded.parked`,
});

const reopenSql =
  "UPDATE throughline_positions SET baseline = 0 WHERE handler_id = ? AND epoch = ? AND stream = ? AND baseline <> 0";
const addLostSql =
  "INSERT OR IGNORE INTO throughline_lost_sequences (handler_id, epoch, stream, subject, sequence_epoch, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)";
const isLostSql = `
  SELECT 1 FROM throughline_lost_sequences
  WHERE handler_id = ? AND epoch = ? AND stream = ? AND subject = ? AND sequence_epoch = ? AND first <= ? AND last >= ? LIMIT 1`;

export function positionTable(transaction: OpenTransaction): PositionTable {
  return {
    // The whole database is locked already: SQLite has one writer.
    async lock(_run, _stream, subjects) {
      transaction.connection();
      return new Set(subjects);
    },
    async find(run, stream, subjects) {
      const rows = findRows.read<Columns>(transaction.connection(), [run.handlerId, run.epoch, stream], subjects);
      const positions = new Map<string, PositionRow>();
      // By index: destructuring goes through an iterator.
      for (const row of rows)
        positions.set(row[0], { subject: row[0], sequence: row[1], sequenceEpoch: row[2], baseline: row[3], parked: row[4] });
      return positions;
    },
    async save(run, stream, rows) {
      saveRows.write(transaction.connection(), [run.handlerId, run.epoch, stream], rows);
    },
    async reopen(run, stream) {
      prepared(transaction.connection(), reopenSql).run(run.handlerId, run.epoch, stream);
    },
    async addLost(run, stream, subject, { sequenceEpoch, from, to }) {
      prepared(transaction.connection(), addLostSql).run(run.handlerId, run.epoch, stream, subject, sequenceEpoch, from, to);
    },
    async isLost({ handlerId, epoch }, stream, subject, sequenceEpoch, sequence) {
      const statement = prepared(transaction.connection(), isLostSql);
      return statement.get(handlerId, epoch, stream, subject, sequenceEpoch, sequence, sequence) !== undefined;
    },
  };
}
