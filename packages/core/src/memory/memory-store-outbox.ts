import type { OutboxRow, OutboxTable } from "../seams/store.ts";
import { rowKey, type StoredOutboxRow } from "./memory-store-database.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function outboxTable(transaction: MemoryTransaction): OutboxTable {
  const { outbox, publishedIds } = transaction.database;
  const unsent = () => transaction.find(outbox);

  return {
    add: (rows) => transaction.statement(() => transaction.publish(rows)),
    number: (limit) =>
      transaction.statement(async () => {
        await transaction.lock(outbox, "numbering");
        const stopped = new Set(
          unsent()
            .filter((row) => row.stop !== null)
            .map(subjectOf),
        );
        const oldest = unsent()
          .filter((row) => !stopped.has(subjectOf(row)))
          .slice(0, limit);
        const numbered: OutboxRow[] = [];
        for (const row of oldest) numbered.push(publicRow(await number(transaction, row)));
        return numbered;
      }),
    sent: (tickets) =>
      transaction.statement(async () => {
        for (const ticket of tickets) await transaction.delete(outbox, String(ticket));
      }),
    stop: (ticket, error, nowMs) =>
      transaction.statement(() =>
        transaction.change(outbox, String(ticket), (row) => row && { ...row, stop: { error, sinceMs: nowMs } }),
      ),
    stopped: () =>
      transaction.statement(() => unsent().flatMap((row) => (row.stop === null ? [] : [{ row: publicRow(row), ...row.stop }]))),
    repair: (ticket, how) =>
      transaction.statement(() =>
        transaction.change(outbox, String(ticket), (row) =>
          row === undefined || how === "skip" ? undefined : { ...row, stop: null },
        ),
      ),
    backlog: () =>
      transaction.statement(() => {
        const rows = unsent();
        return { count: rows.length, oldestMs: rows.length === 0 ? null : Math.min(...rows.map((row) => row.createdAtMs)) };
      }),
    forgetIds: (olderThanMs, limit) =>
      transaction.statement(() => transaction.deleteWhere(publishedIds, (createdAtMs) => createdAtMs < olderThanMs, limit)),
  };
}

/** What stops with a row: its subject, or without one the row alone. */
function subjectOf(row: OutboxRow): string {
  return row.subject === null ? String(row.ticket) : rowKey(row.topic, row.subject);
}

async function number(transaction: MemoryTransaction, row: StoredOutboxRow): Promise<StoredOutboxRow> {
  const { outbox, numbering } = transaction.database;
  if (row.subject === null || row.sequence !== null) return row;
  const key = subjectOf(row);
  const numbered = { ...row, sequence: (transaction.get(numbering, key) ?? 0) + 1 };
  await transaction.put(numbering, key, numbered.sequence);
  await transaction.put(outbox, String(row.ticket), numbered);
  return numbered;
}

function publicRow({ stop: _, ...row }: StoredOutboxRow): OutboxRow {
  return row;
}
