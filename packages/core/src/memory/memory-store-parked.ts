import { coreError } from "../errors/index.ts";
import type { ParkedPlace, ParkedReason, ParkedRow, ParkedSubject, ParkedTable, QueueOptions } from "../seams/store.ts";
import { rowKey } from "./memory-store-database.ts";
import { memoryStoreError } from "./memory-store-errors.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function parkedTable(transaction: MemoryTransaction): ParkedTable {
  const { parked } = transaction.database;
  const where = (matches: (row: ParkedRow) => boolean) => transaction.find(parked, matches);
  const waitingOf = (handlerIds: readonly number[]) =>
    where((row) => row.state === "waiting" && handlerIds.includes(row.handlerId));
  const ofSubject = (subject: ParkedSubject, { state, conflicts }: QueueOptions = {}) =>
    where((row) => isOf(row, subject))
      .sort(byPlaceInSubject)
      .filter((row) => state === undefined || row.state === state)
      .filter((row) => conflicts !== false || row.state !== "dead" || row.reason !== "conflict");

  return {
    add: (rows) =>
      transaction.statement(async () => {
        for (const row of rows) {
          await transaction.change(parked, row.id, (existing) => {
            if (existing !== undefined) throw memoryStoreError("MEMORY_KEY_TAKEN", { key: `parked ${row.id}` });
            return row;
          });
        }
      }),
    update: (rows) =>
      transaction.statement(async () => {
        for (const row of rows)
          await transaction.change(parked, row.id, (existing) => {
            if (existing === undefined) throw gone(row.id);
            return row;
          });
      }),
    remove: (ids) =>
      transaction.statement(async () => {
        for (const id of ids)
          await transaction.change(parked, id, (existing) => {
            if (existing === undefined) throw gone(id);
            return undefined;
          });
      }),
    get: (id) => transaction.statement(() => transaction.get(parked, id) ?? null),
    find: (ids) => transaction.statement(() => ids.map((id) => transaction.get(parked, id)).filter((row) => row !== undefined)),
    findByKey: (run, eventKey) =>
      transaction.statement(
        () => where((row) => row.eventKey === eventKey && row.handlerId === run.handlerId && row.epoch === run.epoch)[0] ?? null,
      ),
    ofSubject: (subject, limit, options) => transaction.statement(() => ofSubject(subject, options).slice(0, limit)),
    ofSubjects: ({ handlerId, epoch }, stream, subjects, { limit, ...options }) =>
      transaction.statement(() => {
        const found = new Map<string, ParkedRow[]>();
        for (const subject of subjects) {
          const rows = ofSubject({ handlerId, epoch, stream, subject }, options).slice(0, limit);
          if (rows.length > 0) found.set(subject, rows);
        }
        return found;
      }),
    ofNumbers: (run, stream, numbers) =>
      transaction.statement(() => {
        const wanted = new Set(
          numbers.map(({ subject, sequenceEpoch, sequence }) => rowKey(subject, sequenceEpoch, sequence ?? "")),
        );
        return where(
          (row) =>
            row.sequence !== null &&
            row.stream === stream &&
            row.handlerId === run.handlerId &&
            row.epoch === run.epoch &&
            wanted.has(rowKey(row.subject, row.sequenceEpoch, row.sequence)),
        );
      }),
    ofRun: (run, limit) =>
      transaction.statement(() =>
        where((row) => row.handlerId === run.handlerId && row.epoch === run.epoch)
          .sort((a, b) => a.parkedAtMs - b.parkedAtMs)
          .slice(0, limit),
      ),
    placesOf: (run, limit) =>
      transaction.statement(() =>
        where((row) => row.handlerId === run.handlerId && row.epoch === run.epoch)
          .map(placeOf)
          .sort((a, b) => a.topicId.localeCompare(b.topicId) || a.partition - b.partition || a.offset - b.offset)
          .slice(0, limit),
      ),
    makeHeldDue: (handlerIds, atMs) =>
      transaction.statement(async () => {
        const held = waitingOf(handlerIds).filter((row) => row.reason === "held" && (row.dueAtMs ?? Infinity) > atMs);
        for (const { id } of held) await transaction.change(parked, id, (row) => row && { ...row, dueAtMs: atMs });
        return held.length;
      }),
    due: (handlerIds, nowMs, limit) =>
      transaction.statement(() =>
        waitingOf(handlerIds)
          .filter((row) => row.dueAtMs !== null && row.dueAtMs <= nowMs && (row.lease === null || row.lease.untilMs <= nowMs))
          .sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0))
          .slice(0, limit),
      ),
    lease: (rows) =>
      transaction.statement(async () => {
        for (const { id, lease, attempts } of rows)
          await transaction.change(parked, id, (existing) => {
            if (existing === undefined) throw gone(id);
            return { ...existing, lease, attempts };
          });
      }),
    renewLeases: (ids, owner, untilMs) =>
      transaction.statement(async () => {
        for (const id of [...ids].sort())
          await transaction.change(parked, id, (row) =>
            row?.lease?.owner === owner ? { ...row, lease: { owner, untilMs } } : row,
          );
      }),
    countDue: (handlerId, nowMs, atMost) =>
      transaction.statement(() =>
        Math.min(atMost, waitingOf([handlerId]).filter(({ dueAtMs }) => dueAtMs !== null && dueAtMs <= nowMs).length),
      ),
    countOf: (handlerId) => transaction.statement(() => where((row) => row.handlerId === handlerId).length),
    nextDueMs: (handlerIds, nowMs) =>
      transaction.statement(() =>
        waitingOf(handlerIds).reduce<number | null>((next, { dueAtMs }) => {
          if (dueAtMs === null || dueAtMs <= nowMs) return next;
          return next === null ? dueAtMs : Math.min(next, dueAtMs);
        }, null),
      ),
    withDeadline: (handlerIds, limit) =>
      transaction.statement(() =>
        waitingOf(handlerIds)
          .filter((row) => row.logDueMs !== null)
          .sort((a, b) => (a.logDueMs ?? 0) - (b.logDueMs ?? 0))
          .slice(0, limit),
      ),
    counts: () => transaction.statement(() => count(where(() => true))),
  };
}

export function placeOf({ id, record: { topicId, partition, offset } }: ParkedRow): ParkedPlace {
  return { id, topicId, partition, offset };
}

const gone = (id: string): Error => coreError("TX_CONFLICT", { what: `the parked event ${id} is gone` });

function isOf(row: ParkedRow, { handlerId, epoch, stream, subject }: ParkedSubject): boolean {
  return row.subject === subject && row.stream === stream && row.handlerId === handlerId && row.epoch === epoch;
}

function byPlaceInSubject(a: ParkedRow, b: ParkedRow): number {
  if (a.sequence !== null && b.sequence !== null && a.sequenceEpoch !== b.sequenceEpoch) return a.sequenceEpoch - b.sequenceEpoch;
  if (a.sequence !== b.sequence) return (a.sequence ?? Infinity) - (b.sequence ?? Infinity);
  return a.record.partition - b.record.partition || a.record.offset - b.record.offset;
}

function count(rows: readonly ParkedRow[]) {
  const counts = new Map<
    string,
    { handlerId: number; epoch: number; state: ParkedRow["state"]; reason: ParkedReason; count: number }
  >();
  for (const { handlerId, epoch, state, reason } of rows) {
    const key = `${handlerId} ${epoch} ${state} ${reason}`;
    const counted = counts.get(key) ?? { handlerId, epoch, state, reason, count: 0 };
    counts.set(key, { ...counted, count: counted.count + 1 });
  }
  return [...counts.values()];
}
