import type { DatabaseSync } from "node:sqlite";
import type { InboxOutcome, InboxRow, InboxTable, Run } from "throughline/seams";
import { coreError } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import { decodeKey, KeyEncoder } from "../key-codec.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { KeyReader, RowWriter } from "../row-batches.ts";

/** By the number that is stored. */
const outcomes: readonly InboxOutcome[] = ["applied", "stale", "discarded"];

const keys = new KeyEncoder();

const findRows = new KeyReader<string>({
  bind: (key, values) => void values.push(keys.encode(key)),
  text: (places) => `
    SELECT event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros
    FROM throughline_inbox WHERE handler_id = ? AND epoch = ? AND event_key IN (${places})`,
});

const addRows = new RowWriter<InboxRow>({
  columns: 8,
  bind: (row, values) =>
    void values.push(
      keys.encode(row.key),
      row.partition,
      row.offset,
      outcomes.indexOf(row.outcome),
      row.handledAtMs,
      row.durationMicros,
    ),
  text: (rows) => `
    INSERT INTO throughline_inbox (handler_id, epoch, event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros)
    VALUES ${rows}`,
});

const forgetSql = `
  DELETE FROM throughline_inbox WHERE (handler_id, epoch, event_key) IN
    (SELECT handler_id, epoch, event_key FROM throughline_inbox WHERE handled_at_ms < ? ORDER BY handled_at_ms LIMIT ?)`;

export function inboxTable(transaction: OpenTransaction): InboxTable {
  return {
    async find(run, keys) {
      return findKeys(transaction.connection(), run, keys);
    },
    // No savepoint around the statements, which would make SQLite copy each page that they change into a file.
    async add(run, rows) {
      const db = transaction.connection();
      try {
        addRows.write(db, [run.handlerId, run.epoch], rows);
      } catch (error) {
        if (!isTaken(error)) throw error;
        const stored = findKeys(
          db,
          run,
          rows.map(({ key }) => key),
        );
        const conflict = coreError("INBOX_CONFLICT", { key: takenKey(stored, rows) }, error);
        // Some of the rows may be written.
        transaction.fail(conflict);
        throw conflict;
      }
    },
    async forget(olderThanMs, limit) {
      return Number(prepared(transaction.connection(), forgetSql).run(olderThanMs, limit).changes);
    },
  };
}

type Columns = [
  key: Uint8Array | string,
  partition: number,
  offset: number,
  outcome: number,
  handledAtMs: number,
  durationMicros: number,
];

function findKeys(db: DatabaseSync, run: Run, keys: readonly string[]): Map<string, InboxRow> {
  const rows = new Map<string, InboxRow>();
  for (const [stored, partition, offset, outcome, handledAtMs, durationMicros] of findRows.read<Columns>(
    db,
    [run.handlerId, run.epoch],
    keys,
  )) {
    const key = decodeKey(stored);
    rows.set(key, { key, partition, offset, outcome: outcomes[outcome] as InboxOutcome, handledAtMs, durationMicros });
  }
  return rows;
}

/** SQLITE_CONSTRAINT_PRIMARYKEY. */
function isTaken(error: unknown): boolean {
  return (error as { errcode?: unknown } | null)?.errcode === 1555;
}

/** Some of the rows are stored by now: what is taken has another row, or came twice in the same call. */
function takenKey(stored: ReadonlyMap<string, InboxRow>, rows: readonly InboxRow[]): string {
  const seen = new Set<string>();
  for (const row of rows) {
    const found = stored.get(row.key);
    if (seen.has(row.key) || (found !== undefined && !isSame(found, row))) return row.key;
    seen.add(row.key);
  }
  return "";
}

function isSame(a: InboxRow, b: InboxRow): boolean {
  return a.partition === b.partition && a.offset === b.offset && a.handledAtMs === b.handledAtMs;
}
