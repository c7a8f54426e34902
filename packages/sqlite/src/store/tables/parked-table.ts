import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { coreError, type ParkedReason, type ParkedRow, type ParkedTable } from "throughline/seams";
import { isAlive, thisProcess } from "../../database/process-identity.ts";
import { prepared } from "../../database/prepared.ts";
import { decodeKey, encodeKey } from "../key-codec.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { parkedColumns, parkedRowOf, parkedValues, type StoredParkedRow } from "./parked-row.ts";

const addSql = `
  INSERT INTO throughline_parked (lease_process, ${parkedColumns.join(", ")})
  VALUES (?, ${parkedColumns.map(() => "?").join(", ")})`;
const updateSql = `
  UPDATE throughline_parked SET lease_process = ?, ${parkedColumns.map((column) => `${column} = ?`).join(", ")}
  WHERE id = ?`;
const leaseSql = "SELECT lease_owner AS owner, lease_process AS process FROM throughline_parked WHERE id = ?";
const removeSql = "DELETE FROM throughline_parked WHERE id = ?";
const allSql = "SELECT * FROM throughline_parked";
const getSql = `${allSql} WHERE id = ?`;
const findByKeySql = `${allSql} WHERE handler_id = ? AND epoch = ? AND event_key = ? LIMIT 1`;

const bySequence = "sequence IS NULL, sequence_epoch, sequence, record_partition, record_offset";
const ofSubjectSql = `${allSql} WHERE handler_id = ? AND epoch = ? AND stream = ? AND subject = ? AND state = ifnull(?, state) ORDER BY ${bySequence} LIMIT ?`;
const ofRunSql = `${allSql} WHERE handler_id = ? AND epoch = ? ORDER BY parked_at_ms, rowid LIMIT ?`;
const placesOfSql = `
  SELECT id, record_topic_id AS topicId, record_partition AS "partition", record_offset AS "offset" FROM throughline_parked
  WHERE handler_id = ? AND epoch = ? ORDER BY record_topic_id, record_partition, record_offset LIMIT ?`;

const makeHeldDueSql = `
  UPDATE throughline_parked SET due_at_ms = ?1
  WHERE handler_id = ?2 AND state = 'waiting' AND reason = 'held' AND (due_at_ms IS NULL OR due_at_ms > ?1)`;

const dueSql = `
  SELECT id, due_at_ms AS atMs FROM throughline_parked
  WHERE handler_id = ?1 AND state = 'waiting' AND due_at_ms IS NOT NULL AND due_at_ms <= ?2
    AND (lease_owner IS NULL OR lease_until_ms <= ?2 OR lease_process IN (SELECT value FROM json_each(?4)))
  ORDER BY due_at_ms LIMIT ?3`;
const leaseHoldersSql = "SELECT DISTINCT lease_process AS process FROM throughline_parked WHERE lease_process IS NOT NULL";
const nextDueSql = `
  SELECT min(due_at_ms) AS atMs FROM throughline_parked
  WHERE handler_id = ? AND state = 'waiting' AND due_at_ms IS NOT NULL AND due_at_ms > ?`;
const withDeadlineSql = `
  SELECT id, log_due_ms AS atMs FROM throughline_parked
  WHERE handler_id = ? AND state = 'waiting' AND log_due_ms IS NOT NULL ORDER BY log_due_ms LIMIT ?`;
const countsSql =
  "SELECT handler_id AS handlerId, epoch, state, reason, count(*) AS count FROM throughline_parked GROUP BY handler_id, epoch, state, reason";

export function parkedTable(transaction: OpenTransaction): ParkedTable {
  const wakeFor = (rows: readonly ParkedRow[]) => {
    if (rows.some(({ dueAtMs }) => dueAtMs !== null)) transaction.wakesListeners = true;
  };
  return {
    async add(rows) {
      const add = prepared(transaction.connection(), addSql);
      for (const row of rows) add.run(row.lease === null ? null : thisProcess(), ...bindable(row));
      wakeFor(rows);
    },
    async update(rows) {
      const db = transaction.connection();
      for (const row of rows) {
        const { changes } = prepared(db, updateSql).run(leaseHolder(db, row), ...bindable(row), encodeKey(row.id));
        if (changes === 0) throw gone(row.id);
      }
      wakeFor(rows);
    },
    async remove(ids) {
      const remove = prepared(transaction.connection(), removeSql);
      for (const id of ids) if (remove.run(encodeKey(id)).changes === 0) throw gone(id);
    },
    async get(id) {
      return rowOf(prepared(transaction.connection(), getSql).get(encodeKey(id)));
    },
    async findByKey(run, eventKey) {
      return rowOf(prepared(transaction.connection(), findByKeySql).get(run.handlerId, run.epoch, encodeKey(eventKey)));
    },
    async ofSubject({ handlerId, epoch, stream, subject }, limit, { state } = {}) {
      const rows = prepared(transaction.connection(), ofSubjectSql).all(handlerId, epoch, stream, subject, state ?? null, limit);
      return rowsOf(rows);
    },
    async ofRun({ handlerId, epoch }, limit) {
      return rowsOf(prepared(transaction.connection(), ofRunSql).all(handlerId, epoch, limit));
    },
    async placesOf({ handlerId, epoch }, limit) {
      const rows = prepared(transaction.connection(), placesOfSql).all(handlerId, epoch, limit) as unknown as StoredPlace[];
      return rows.map(({ id, ...place }) => ({ ...place, id: decodeKey(id) }));
    },
    async makeHeldDue(handlerIds, atMs) {
      const makeHeldDue = prepared(transaction.connection(), makeHeldDueSql);
      const changed = handlerIds.reduce((sum, id) => sum + Number(makeHeldDue.run(atMs, id).changes), 0);
      if (changed > 0) transaction.wakesListeners = true;
      return changed;
    },
    async due(handlerIds, nowMs, limit) {
      const db = transaction.connection();
      const dead = JSON.stringify(deadHolders(db));
      return firstRows(
        db,
        handlerIds.map((id) => prepared(db, dueSql).all(id, nowMs, limit, dead)),
        limit,
      );
    },
    async nextDueMs(handlerIds, nowMs) {
      const next = prepared(transaction.connection(), nextDueSql);
      const times = handlerIds.map((id) => (next.get(id, nowMs) as { atMs: number | null }).atMs).filter((atMs) => atMs !== null);
      return times.length === 0 ? null : Math.min(...times);
    },
    async withDeadline(handlerIds, limit) {
      const db = transaction.connection();
      return firstRows(
        db,
        handlerIds.map((id) => prepared(db, withDeadlineSql).all(id, limit)),
        limit,
      );
    },
    async counts() {
      return prepared(transaction.connection(), countsSql).all() as unknown as {
        handlerId: number;
        epoch: number;
        state: ParkedRow["state"];
        reason: ParkedReason;
        count: number;
      }[];
    },
  };
}

/** The process that holds the row's lease. Who saves a row under another one's lease does not become its holder. */
function leaseHolder(db: DatabaseSync, { id, lease }: ParkedRow): string | null {
  if (lease === null) return null;
  const before = prepared(db, leaseSql).get(encodeKey(id)) as { owner: string | null; process: string } | undefined;
  return before?.owner === lease.owner && isAlive(before.process) ? before.process : thisProcess();
}

const gone = (id: string): Error => coreError("TX_CONFLICT", { what: `the parked event ${id} is gone` });

interface StoredPlace {
  readonly id: Uint8Array | string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
}

function bindable(row: ParkedRow): SQLInputValue[] {
  return parkedValues(row);
}

function rowOf(stored: unknown): ParkedRow | null {
  return stored === undefined ? null : parkedRowOf(stored as StoredParkedRow);
}

function rowsOf(stored: unknown): ParkedRow[] {
  return (stored as StoredParkedRow[]).map(parkedRowOf);
}

/** Reads whole rows only when it is known which: those with the lowest times of all handlers. */
function firstRows(db: DatabaseSync, ofHandlers: readonly unknown[][], limit: number): ParkedRow[] {
  const found = ofHandlers.flat() as { id: Uint8Array | string; atMs: number }[];
  const first = found.sort((a, b) => a.atMs - b.atMs).slice(0, limit);
  return first.map(({ id }) => rowOf(prepared(db, getSql).get(id))).filter((row) => row !== null);
}

function deadHolders(db: DatabaseSync): string[] {
  const holders = prepared(db, leaseHoldersSql).all() as unknown as { process: string }[];
  return holders.map(({ process }) => process).filter((process) => !isAlive(process));
}
