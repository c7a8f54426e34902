import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  coreError,
  isAlive,
  type ParkedReason,
  type ParkedRow,
  type ParkedSubject,
  type ParkedTable,
  type QueueOptions,
  thisProcess,
} from "throughline/seams";
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
const ofSubjectSql = `${allSql} WHERE handler_id = ? AND epoch = ? AND stream = ? AND subject = ? AND state = ifnull(?, state) AND (? OR state <> 'dead' OR reason <> 'conflict') ORDER BY ${bySequence} LIMIT ?`;
const ofNumberSql = `${allSql} WHERE handler_id = ? AND epoch = ? AND stream = ? AND subject = ? AND (sequence IS NULL) = 0 AND sequence_epoch = ? AND sequence = ?`;
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
const takeLeaseSql =
  "UPDATE throughline_parked SET lease_owner = ?, lease_until_ms = ?, lease_process = ?, attempts = ? WHERE id = ?";
const renewLeaseSql = `
  UPDATE throughline_parked SET lease_until_ms = ? WHERE id = ? AND lease_owner = ? AND lease_process = ?`;
const countDueSql = `
  SELECT count(*) AS count FROM (SELECT 1 FROM throughline_parked
  WHERE handler_id = ? AND state = 'waiting' AND due_at_ms IS NOT NULL AND due_at_ms <= ? LIMIT ?)`;
const countOfSql = "SELECT count(*) AS count FROM throughline_parked WHERE handler_id = ?";
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
  const ofSubject = (of: ParkedSubject, limit: number, { state, conflicts }: QueueOptions = {}): ParkedRow[] => {
    const { handlerId, epoch, stream, subject } = of;
    const statement = prepared(transaction.connection(), ofSubjectSql);
    return rowsOf(statement.all(handlerId, epoch, stream, subject, state ?? null, conflicts === false ? 0 : 1, limit));
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
    async ofSubject(subject, limit, options) {
      return ofSubject(subject, limit, options);
    },
    async ofSubjects({ handlerId, epoch }, stream, subjects, { limit, ...options }) {
      const found = new Map<string, ParkedRow[]>();
      for (const subject of subjects) {
        const rows = ofSubject({ handlerId, epoch, stream, subject }, limit, options);
        if (rows.length > 0) found.set(subject, rows);
      }
      return found;
    },
    async ofNumbers({ handlerId, epoch }, stream, numbers) {
      const ofNumber = prepared(transaction.connection(), ofNumberSql);
      const found = numbers.flatMap(({ subject, sequence, sequenceEpoch }) =>
        ofNumber.all(handlerId, epoch, stream, subject, sequenceEpoch, sequence),
      );
      // A batch may hold one number twice.
      return [...new Map(rowsOf(found).map((row) => [row.id, row])).values()];
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
    async find(ids) {
      const get = prepared(transaction.connection(), getSql);
      return ids.map((id) => rowOf(get.get(encodeKey(id)))).filter((row) => row !== null);
    },
    async lease(rows) {
      const take = prepared(transaction.connection(), takeLeaseSql);
      for (const { id, lease, attempts } of rows) {
        const holder = lease === null ? null : thisProcess();
        const until = lease?.untilMs ?? null;
        const { changes } = take.run(lease?.owner ?? null, until, holder, JSON.stringify(attempts), encodeKey(id));
        if (changes === 0) throw gone(id);
      }
    },
    async renewLeases(ids, owner, untilMs) {
      const renew = prepared(transaction.connection(), renewLeaseSql);
      for (const id of ids) renew.run(untilMs, encodeKey(id), owner, thisProcess());
    },
    async countDue(handlerId, nowMs, atMost) {
      return (prepared(transaction.connection(), countDueSql).get(handlerId, nowMs, atMost) as { count: number }).count;
    },
    async countOf(handlerId) {
      return (prepared(transaction.connection(), countOfSql).get(handlerId) as { count: number }).count;
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
