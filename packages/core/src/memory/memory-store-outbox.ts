import type { Numbering, OutboxRow, OutboxTable } from "../seams/store.ts";
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
        let given = 0;
        for (const row of oldest) {
          const now = await number(transaction, row);
          if (now !== row) given++;
          numbered.push(publicRow(now));
        }
        if (given > 0) await change(transaction, (state) => ({ ...state, given: state.given + given }));
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
    waiting: (eventIds) =>
      transaction.statement(() => {
        const wanted = new Set(eventIds);
        return new Set(
          unsent()
            .map(({ eventId }) => eventId)
            .filter((id) => wanted.has(id)),
        );
      }),
    numbering: () => transaction.statement(() => numberingOf(transaction)),
    beginRound: (round) => transaction.statement(() => change(transaction, (state) => ({ ...state, round }))),
    lastNumbers: (subjects) =>
      transaction.statement(() => subjects.map(({ topic, subject }) => lastNumber(transaction, rowKey(topic, subject)))),
    stopBehind: (behind) => transaction.statement(() => change(transaction, (state) => ({ ...state, behind }))),
    openNumbering: (sequenceEpoch) =>
      transaction.statement(async () => {
        await transaction.lock(outbox, "numbering");
        await change(transaction, (state) => ({ ...state, sequenceEpoch, round: null, behind: null }));
        for (const row of unsent())
          if (row.sequence !== null)
            await transaction.change(outbox, String(row.ticket), (now) => now && { ...now, sequence: null, sequenceEpoch: 0 });
        transaction.hasPublished = true;
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
  const { outbox, numbers } = transaction.database;
  if (row.subject === null || row.sequence !== null) return row;
  const key = subjectOf(row);
  const { sequenceEpoch } = numberingOf(transaction);
  const place = { sequence: lastNumber(transaction, key) + 1, sequenceEpoch };
  const numbered = { ...row, ...place };
  await transaction.put(numbers, key, place);
  await transaction.put(outbox, String(row.ticket), numbered);
  return numbered;
}

function lastNumber(transaction: MemoryTransaction, key: string): number {
  const last = transaction.get(transaction.database.numbers, key);
  return last?.sequenceEpoch === numberingOf(transaction).sequenceEpoch ? last.sequence : 0;
}

function numberingOf(transaction: MemoryTransaction): Numbering {
  return transaction.get(transaction.database.numbering, "store") as Numbering;
}

function change(transaction: MemoryTransaction, to: (state: Numbering) => Numbering): Promise<void> {
  return transaction.change(transaction.database.numbering, "store", (state) => to(state as Numbering));
}

function publicRow({ stop: _, ...row }: StoredOutboxRow): OutboxRow {
  return row;
}
