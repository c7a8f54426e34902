import { coreError } from "../errors/index.ts";
import type { CursorKey, CursorTable, InboxRow, InboxTable, LostRange, PositionRow, PositionTable, Run } from "../seams/store.ts";
import { rowKey } from "./memory-store-database.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function cursorTable(transaction: MemoryTransaction): CursorTable {
  const { cursors, claims } = transaction.database;
  const keyOf = (key: CursorKey) => rowKey(key.handlerId, key.epoch, key.topicId, key.partition);

  return {
    list: (run) =>
      transaction.statement(() =>
        transaction.find(cursors, (row) => run === undefined || (row.handlerId === run.handlerId && row.epoch === run.epoch)),
      ),
    add: (rows) =>
      transaction.statement(async () => {
        for (const row of rows) await transaction.change(cursors, keyOf(row), (existing) => existing ?? row);
      }),
    lock: (key) =>
      transaction.statement(async () => {
        await transaction.lock(cursors, keyOf(key));
        return transaction.get(cursors, keyOf(key)) ?? null;
      }),
    move: (key, from, to, logTimeMs) =>
      transaction.statement(async () => {
        let moved = false;
        await transaction.change(cursors, keyOf(key), (row) => {
          if (row === undefined || row.offset !== from) return row;
          moved = true;
          return { ...row, offset: to, logTimeMs };
        });
        return moved;
      }),
    markReported: (key, offset) =>
      transaction.statement(() =>
        transaction.change(cursors, keyOf(key), (row) => row && { ...row, reportedOffset: Math.max(row.reportedOffset, offset) }),
      ),
    claim: (key) => transaction.statement(() => transaction.get(claims, keyOf(key))?.claim ?? null),
    saveClaim: (key, claim) =>
      transaction.statement(() => transaction.put(claims, keyOf(key), { handlerId: key.handlerId, epoch: key.epoch, claim })),
    remove: (key, offset) =>
      transaction.statement(async () => {
        let isRemoved = false;
        await transaction.change(cursors, keyOf(key), (row) => {
          isRemoved = row?.offset === offset;
          return isRemoved ? undefined : row;
        });
        if (isRemoved) await transaction.delete(claims, keyOf(key));
        return isRemoved;
      }),
  };
}

export function inboxTable(transaction: MemoryTransaction): InboxTable {
  const { inbox } = transaction.database;

  return {
    find: (run, keys) =>
      transaction.statement(() => {
        const found = new Map<string, InboxRow>();
        for (const key of keys) {
          const stored = transaction.get(inbox, rowKey(run.handlerId, run.epoch, key));
          if (stored === undefined) continue;
          const { handlerId: _, epoch: __, ...row } = stored;
          found.set(key, row);
        }
        return found;
      }),
    add: (run, rows) =>
      transaction.statement(async () => {
        for (const row of rows) {
          await transaction.change(inbox, rowKey(run.handlerId, run.epoch, row.key), (existing) => {
            if (existing !== undefined) throw coreError("INBOX_CONFLICT", { key: row.key });
            return { ...row, handlerId: run.handlerId, epoch: run.epoch };
          });
        }
      }),
    forget: (olderThanMs, limit) =>
      transaction.statement(() => transaction.deleteWhere(inbox, (row) => row.handledAtMs < olderThanMs, limit)),
  };
}

export function positionTable(transaction: MemoryTransaction): PositionTable {
  const { positions, lost } = transaction.database;
  const keyOf = (run: Run, stream: string, subject: string) => rowKey(run.handlerId, run.epoch, stream, subject);

  return {
    lock: (run, stream, subjects, options) =>
      transaction.statement(async () => {
        const held = new Set<string>();
        for (const subject of [...subjects].sort()) {
          if (await transaction.lock(positions, keyOf(run, stream, subject), options)) held.add(subject);
        }
        return held;
      }),
    find: (run, stream, subjects) =>
      transaction.statement(() => {
        const found = new Map<string, PositionRow>();
        for (const subject of subjects) {
          const stored = transaction.get(positions, keyOf(run, stream, subject));
          if (stored === undefined) continue;
          const { handlerId: _, epoch: __, stream: ___, ...row } = stored;
          found.set(subject, row);
        }
        return found;
      }),
    save: (run, stream, rows) =>
      transaction.statement(async () => {
        const of = { handlerId: run.handlerId, epoch: run.epoch, stream };
        for (const row of rows) await transaction.put(positions, keyOf(run, stream, row.subject), { ...row, ...of });
      }),
    reopen: (run, stream) =>
      transaction.statement(async () => {
        const isOf = (row: Run & { readonly stream: string }): boolean =>
          row.handlerId === run.handlerId && row.epoch === run.epoch && row.stream === stream;
        for (const { subject } of transaction.find(positions, isOf))
          await transaction.change(positions, keyOf(run, stream, subject), (row) => row && { ...row, baseline: 0 });
      }),
    addLost: (run, stream, subject, { sequenceEpoch, from, to }) =>
      transaction.statement(() => {
        const row = { handlerId: run.handlerId, epoch: run.epoch, stream, subject, sequenceEpoch, from, to };
        return transaction.put(lost, rowKey(run.handlerId, run.epoch, stream, subject, sequenceEpoch, from, to), row);
      }),
    isLost: (run, stream, subject, sequenceEpoch, sequence) =>
      transaction.statement(() => {
        const key = keyOf(run, stream, subject);
        const holds = (row: LostRange) => row.sequenceEpoch === sequenceEpoch && row.from <= sequence && sequence <= row.to;
        return transaction.find(lost, (row) => holds(row) && keyOf(row, row.stream, row.subject) === key).length > 0;
      }),
  };
}
