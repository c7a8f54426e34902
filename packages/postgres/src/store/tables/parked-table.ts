import { coreError, isAlive, type ParkedPlace, type ParkedRow, type ParkedTable, type Run, thisProcess } from "throughline/seams";
import { decodeKey, encodeKey } from "../key-codec.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { encodeText } from "../text-codec.ts";
import { changingColumns, parkedArrays, parkedColumns, parkedRowOf, type StoredParkedRow } from "./parked-row.ts";

const arraysOf = (columns: typeof parkedColumns): string => columns.map(({ type }, i) => `$${i + 2}::${type}[]`).join(", ");
const namesOf = (columns: typeof parkedColumns): string => columns.map(({ name }) => name).join(", ");

// $1: this process. In the order of their ids, so that two who write the same rows do not wait for each other in a circle.
const addSql = `
  INSERT INTO throughline.parked (lease_process, ${namesOf(parkedColumns)})
  SELECT CASE WHEN v.lease_owner IS NOT NULL THEN $1 END, ${parkedColumns.map(({ name }) => `v.${name}`).join(", ")}
  FROM unnest(${arraysOf(parkedColumns)}) AS v(${namesOf(parkedColumns)})`;
const lockSql = "SELECT 1 FROM throughline.parked WHERE id = ANY($1::bytea[]) ORDER BY id FOR UPDATE";
// Who saves a row under another one's lease does not become its holder. The last parameter: processes that are known to be dead.
const updateSql = `
  UPDATE throughline.parked AS p SET ${changingColumns
    .filter(({ name }) => name !== "id")
    .map(({ name }) => `${name} = v.${name}`)
    .join(", ")},
    lease_process = CASE WHEN v.lease_owner IS NULL THEN NULL
      WHEN p.lease_owner = v.lease_owner AND p.lease_process <> ALL($${changingColumns.length + 2}::text[]) THEN p.lease_process
      ELSE $1 END
  FROM unnest(${arraysOf(changingColumns)}) AS v(${namesOf(changingColumns)}) WHERE p.id = v.id`;
const removeSql = "DELETE FROM throughline.parked WHERE id = ANY($1::bytea[])";
const leaseSql = `
  UPDATE throughline.parked AS p SET lease_owner = v.owner, lease_until_ms = v.until_ms, attempts = v.attempts,
    lease_process = CASE WHEN v.owner IS NOT NULL THEN $1 END
  FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::json[]) AS v(id, owner, until_ms, attempts) WHERE p.id = v.id`;
const renewLeasesSql = `
  UPDATE throughline.parked SET lease_until_ms = $1 WHERE id = ANY($2::bytea[]) AND lease_owner = $3 AND lease_process = $4`;

const allSql = "SELECT * FROM throughline.parked";
const findSql = `${allSql} WHERE id = ANY($1::bytea[])`;
const findByKeySql = `${allSql} WHERE handler_id = $1 AND epoch = $2 AND event_key = $3::bytea LIMIT 1`;
const ofSubjectSql = `
  ${allSql} WHERE handler_id = $1 AND epoch = $2 AND stream = $3 AND subject = $4
    AND ($5::text IS NULL OR state = $5) AND ($6 OR state <> 'dead' OR reason <> 'conflict')
  ORDER BY unnumbered, sequence_epoch, sequence, record_partition, record_offset LIMIT $7`;
const ofSubjectsSql = `
  SELECT p.* FROM unnest($4::text[]) AS s(subject) CROSS JOIN LATERAL (
    SELECT * FROM throughline.parked AS q WHERE q.handler_id = $1 AND q.epoch = $2 AND q.stream = $3 AND q.subject = s.subject
      AND ($5::text IS NULL OR q.state = $5) AND ($6 OR q.state <> 'dead' OR q.reason <> 'conflict')
    ORDER BY q.unnumbered, q.sequence_epoch, q.sequence, q.record_partition, q.record_offset LIMIT $7) AS p
  ORDER BY p.unnumbered, p.sequence_epoch, p.sequence, p.record_partition, p.record_offset`;
const ofNumbersSql = `
  SELECT p.* FROM (SELECT DISTINCT * FROM unnest($4::text[], $5::int[], $6::bigint[])) AS v(subject, sequence_epoch, sequence)
    JOIN throughline.parked AS p ON p.handler_id = $1 AND p.epoch = $2 AND p.stream = $3 AND p.subject = v.subject
      AND p.unnumbered = 0 AND p.sequence_epoch = v.sequence_epoch AND p.sequence = v.sequence`;
const ofRunSql = `${allSql} WHERE handler_id = $1 AND epoch = $2 ORDER BY parked_at_ms, added LIMIT $3`;
const place = 'id, record_topic_id AS "topicId", record_partition AS "partition", record_offset AS "offset"';
const placesOfSql = `
  SELECT ${place} FROM throughline.parked
  WHERE handler_id = $1 AND epoch = $2 ORDER BY record_topic_id, record_partition, record_offset LIMIT $3`;
const takeRunSql = `DELETE FROM throughline.parked WHERE handler_id = $1 AND epoch = $2 RETURNING ${place}`;
const makeHeldDueSql = `
  UPDATE throughline.parked SET due_at_ms = $1
  WHERE handler_id = ANY($2::int[]) AND state = 'waiting' AND reason = 'held' AND (due_at_ms IS NULL OR due_at_ms > $1)`;

const isDue = "state = 'waiting' AND due_at_ms IS NOT NULL";
/** From the index of each handler as many as are wanted of all: an index knows no order of several handlers together. */
const firstOf = (condition: string, time: string): string => `
  SELECT p.* FROM unnest($1::int[]) AS h(id) CROSS JOIN LATERAL (
    SELECT * FROM throughline.parked WHERE handler_id = h.id AND ${condition} ORDER BY ${time} LIMIT $2) AS p
  ORDER BY p.${time} LIMIT $2`;
const dueSql = firstOf(
  `${isDue} AND due_at_ms <= $3 AND (lease_owner IS NULL OR lease_until_ms <= $3 OR lease_process = ANY($4::text[]))`,
  "due_at_ms",
);
const withDeadlineSql = firstOf("state = 'waiting' AND log_due_ms IS NOT NULL", "log_due_ms");
// From holder to holder by the index: DISTINCT would read every lease there is.
const leaseHoldersSql = `
  WITH RECURSIVE holder AS (
    (SELECT lease_process FROM throughline.parked WHERE lease_process IS NOT NULL ORDER BY lease_process LIMIT 1)
    UNION ALL
    SELECT (SELECT p.lease_process FROM throughline.parked AS p WHERE p.lease_process > h.lease_process ORDER BY p.lease_process LIMIT 1)
    FROM holder AS h WHERE h.lease_process IS NOT NULL)
  SELECT lease_process AS process FROM holder WHERE lease_process IS NOT NULL`;
const countDueSql = `
  SELECT count(*) AS count FROM (SELECT 1 FROM throughline.parked
  WHERE handler_id = $1 AND ${isDue} AND due_at_ms <= $2 LIMIT $3) AS due`;
const countOfSql = "SELECT count(*) AS count FROM throughline.parked WHERE handler_id = $1";
const nextDueSql = `
  SELECT min(next.at) AS "atMs" FROM unnest($1::int[]) AS h(id) CROSS JOIN LATERAL (
    SELECT due_at_ms AS at FROM throughline.parked WHERE handler_id = h.id AND ${isDue} AND due_at_ms > $2
    ORDER BY due_at_ms LIMIT 1) AS next`;
const countsSql = `
  SELECT handler_id AS "handlerId", epoch, state, reason, count(*) AS count FROM throughline.parked
  GROUP BY handler_id, epoch, state, reason`;

type Counts = Awaited<ReturnType<ParkedTable["counts"]>>;
type StoredPlace = Omit<ParkedPlace, "id"> & { readonly id: Uint8Array };

export function parkedTable(transaction: OpenTransaction): ParkedTable & {
  /** Deletes all events of a run; answers with where their records stood. */
  takeRun(run: Run): Promise<ParkedPlace[]>;
} {
  const wakeFor = (rows: readonly ParkedRow[]): void => {
    if (rows.some(({ dueAtMs }) => dueAtMs !== null)) transaction.hasMadeDue = true;
  };
  const rowsOf = async (sql: string, values: readonly unknown[]): Promise<ParkedRow[]> =>
    (await transaction.rowsOfText<StoredParkedRow>(sql, values)).map(parkedRowOf);
  /** Rejects when one of the rows is gone. Locks the others in the order of their ids. */
  const lockAll = async (ids: readonly string[]): Promise<string[]> => {
    const keys = [...new Set(ids)].map(encodeKey);
    const { length } = await transaction.rows(lockSql, [keys]);
    if (length < keys.length)
      throw coreError("TX_CONFLICT", { what: `${keys.length - length} of ${keys.length} parked events are gone` });
    return keys;
  };
  const count = async (sql: string, values: readonly unknown[]): Promise<number> =>
    (await transaction.rows<{ count: number }>(sql, values))[0]?.count ?? 0;
  /** Processes of this machine that died holding a lease. */
  const deadHolders = async (): Promise<string[]> => {
    const holders = await transaction.rows<{ process: string }>(leaseHoldersSql);
    return holders.map(({ process }) => process).filter((process) => !isAlive(process));
  };
  return {
    async add(rows) {
      if (rows.length === 0) return;
      await transaction.rows(addSql, [thisProcess(), ...parkedArrays(parkedColumns, rows)]);
      wakeFor(rows);
    },
    async update(rows) {
      if (rows.length === 0) return;
      await lockAll(rows.map(({ id }) => id));
      const dead = rows.some(({ lease }) => lease !== null) ? await deadHolders() : [];
      await transaction.rows(updateSql, [thisProcess(), ...parkedArrays(changingColumns, rows), dead]);
      wakeFor(rows);
    },
    async remove(ids) {
      if (ids.length > 0) await transaction.rows(removeSql, [await lockAll(ids)]);
    },
    async get(id) {
      return (await rowsOf(findSql, [[encodeKey(id)]]))[0] ?? null;
    },
    find: async (ids) => (ids.length === 0 ? [] : rowsOf(findSql, [ids.map(encodeKey)])),
    async findByKey({ handlerId, epoch }, eventKey) {
      return (await rowsOf(findByKeySql, [handlerId, epoch, encodeKey(eventKey)]))[0] ?? null;
    },
    ofSubject: ({ handlerId, epoch, stream, subject }, limit, { state, conflicts } = {}) =>
      rowsOf(ofSubjectSql, [
        handlerId,
        epoch,
        encodeText(stream),
        encodeText(subject),
        state ?? null,
        conflicts !== false,
        limit,
      ]),
    async ofSubjects({ handlerId, epoch }, stream, subjects, { limit, state, conflicts }) {
      if (subjects.length === 0) return new Map();
      const rows = await rowsOf(ofSubjectsSql, [
        handlerId,
        epoch,
        encodeText(stream),
        subjects.map(encodeText),
        state ?? null,
        conflicts !== false,
        limit,
      ]);
      return Map.groupBy(rows, ({ subject }) => subject);
    },
    ofNumbers: ({ handlerId, epoch }, stream, numbers) =>
      rowsOf(ofNumbersSql, [
        handlerId,
        epoch,
        encodeText(stream),
        numbers.map(({ subject }) => encodeText(subject)),
        numbers.map(({ sequenceEpoch }) => sequenceEpoch),
        numbers.map(({ sequence }) => sequence),
      ]),
    ofRun: ({ handlerId, epoch }, limit) => rowsOf(ofRunSql, [handlerId, epoch, limit]),
    async placesOf({ handlerId, epoch }, limit) {
      return (await transaction.rows<StoredPlace>(placesOfSql, [handlerId, epoch, limit])).map(placeOf);
    },
    async takeRun({ handlerId, epoch }) {
      return (await transaction.rows<StoredPlace>(takeRunSql, [handlerId, epoch])).map(placeOf);
    },
    async makeHeldDue(handlerIds, atMs) {
      const changed = await transaction.changes(makeHeldDueSql, [Math.ceil(atMs), handlerIds]);
      if (changed > 0) transaction.hasMadeDue = true;
      return changed;
    },
    due: async (handlerIds, nowMs, limit) => rowsOf(dueSql, [handlerIds, limit, Math.floor(nowMs), await deadHolders()]),
    async lease(rows) {
      if (rows.length === 0) return;
      await lockAll(rows.map(({ id }) => id));
      await transaction.rows(leaseSql, [
        thisProcess(),
        rows.map(({ id }) => encodeKey(id)),
        rows.map(({ lease }) => lease?.owner ?? null),
        rows.map(({ lease }) => (lease === null ? null : Math.ceil(lease.untilMs))),
        rows.map(({ attempts }) => JSON.stringify(attempts)),
      ]);
    },
    async renewLeases(ids, owner, untilMs) {
      if (ids.length === 0) return;
      const keys = ids.map(encodeKey);
      await transaction.rows(lockSql, [keys]);
      await transaction.rows(renewLeasesSql, [Math.ceil(untilMs), keys, owner, thisProcess()]);
    },
    countDue: (handlerId, nowMs, atMost) => count(countDueSql, [handlerId, Math.floor(nowMs), atMost]),
    countOf: (handlerId) => count(countOfSql, [handlerId]),
    async nextDueMs(handlerIds, nowMs) {
      return (await transaction.rows<{ atMs: number | null }>(nextDueSql, [handlerIds, Math.floor(nowMs)]))[0]?.atMs ?? null;
    },
    withDeadline: (handlerIds, limit) => rowsOf(withDeadlineSql, [handlerIds, limit]),
    counts: () => transaction.rows<Counts[number]>(countsSql),
  };
}

function placeOf({ id, topicId, partition, offset }: StoredPlace): ParkedPlace {
  return { id: decodeKey(id), topicId, partition, offset };
}
