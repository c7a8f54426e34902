import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FailureGroup, FailurePage, FailureQuery, FailureState, IndexedFailure } from "../../failures/indexed-failure.ts";
import type { FailureGroupQuery, Place } from "../index-store.ts";
import { hourMs } from "../group-counts.ts";
import { packId, unpackId } from "./id-codec.ts";
import { rowsOf } from "./prepared.ts";
import { sinceDeploy } from "../since-deploy.ts";
import { versionsOf } from "./version-rows.ts";

export type Row = Record<string, string | number | null>;

/** With a tenant those that it has most unanswered failures of come first; one group is found though it has none. */
const groupsSql = (ofTenant: boolean): string => `
  SELECT g.*, s.text AS service, n.text AS handler_name, ${ofTenant ? "coalesce(c.unanswered, 0)" : "NULL"} AS of_tenant FROM failure_group g
  CROSS JOIN handler h ON h.ref = g.handler CROSS JOIN name s ON s.ref = h.service CROSS JOIN name n ON n.ref = h.name
  ${ofTenant ? "LEFT JOIN failure_group_tenant c ON c.failure_group = g.ref AND c.tenant = (SELECT ref FROM name WHERE text = ?6)" : ""}
  WHERE (?1 IS NULL OR s.text = ?1) AND (?2 IS NULL OR n.text = ?2) AND (?3 = 0 OR g.open + g.asked > 0)
    AND (?5 IS NULL OR g.fingerprint = ?5) ${ofTenant ? "AND (?5 IS NOT NULL OR c.unanswered > 0)" : "AND ?6 IS NULL"}
  ORDER BY ${ofTenant ? "c.unanswered DESC," : ""} g.open DESC, g.last_ms DESC LIMIT ?4`;
const [groupsOfAll, groupsOfTenant] = [groupsSql(false), groupsSql(true)];

export function failureGroups(
  db: DatabaseSync,
  { fingerprint, service, handler, tenantId, openOnly = false, limit = 500 }: FailureGroupQuery,
  ownerOf: (service: string) => string | null,
): FailureGroup[] {
  const rows = rowsOf<Row>(
    db,
    tenantId === undefined ? groupsOfAll : groupsOfTenant,
    service ?? null,
    handler ?? null,
    openOnly ? 1 : 0,
    limit,
    fingerprint ?? null,
    tenantId ?? null,
  );
  const known = new Map<string, ReturnType<typeof versionsOf>>();
  return rows.map((row) => {
    const ofService = row["service"] as string;
    if (!known.has(ofService)) known.set(ofService, versionsOf(db, ofService));
    const versions = rowsOf<Row>(
      db,
      `SELECT n.text AS version, v.count, v.first_ms, v.last_ms FROM failure_group_version v JOIN name n ON n.ref = v.version
       WHERE v.failure_group = ? ORDER BY v.first_ms`,
      row["ref"] as number,
    ).map((version) => ({
      version: version["version"] as string,
      count: version["count"] as number,
      firstMs: version["first_ms"] as number,
      lastMs: version["last_ms"] as number,
    }));
    const trend = rowsOf<{ hour: number; count: number }>(
      db,
      "SELECT hour, count FROM failure_group_hour WHERE failure_group = ? ORDER BY hour",
      row["ref"] as number,
    ).map(({ hour, count }) => ({ hourMs: hour * hourMs, count }));
    const [open] = rowsOf<{ version: string }>(
      db,
      `SELECT n.text AS version FROM failure f CROSS JOIN name n ON n.ref = f.version
       WHERE f.failure_group = ? AND f.superseded = 0 AND f.state <> 'answered' ORDER BY f.failed_ms, f.no LIMIT 1`,
      row["ref"] as number,
    );
    return {
      fingerprint: row["fingerprint"] as string,
      service: ofService,
      handler: row["handler_name"] as string,
      reason: row["reason"] as string,
      error: row["error"] as string,
      code: row["code"] as string | null,
      pattern: row["pattern"] as string,
      frames: JSON.parse(row["frames"] as string) as string[],
      count: row["count"] as number,
      open: row["open"] as number,
      asked: row["asked"] as number,
      firstMs: row["first_ms"] as number,
      lastMs: row["last_ms"] as number,
      example: unpackId(row["example"])!,
      versions,
      ofTenant: row["of_tenant"] as number | null,
      trend,
      owner: ownerOf(ofService),
      since: sinceDeploy(versions, known.get(ofService)!, open?.version),
    };
  });
}

export const failureColumns = `
  SELECT f.*, s.text AS service, hn.text AS handler_name, p.topic, p.partition, lt.text AS letter_topic_name, v.text AS version_name,
    t.text AS type_name, te.text AS tenant_name, g.fingerprint
  FROM failure f CROSS JOIN handler h ON h.ref = f.handler CROSS JOIN name s ON s.ref = h.service CROSS JOIN name hn ON hn.ref = h.name
  CROSS JOIN place p ON p.ref = f.place CROSS JOIN name lt ON lt.ref = f.letter_topic CROSS JOIN name v ON v.ref = f.version
  CROSS JOIN failure_group g ON g.ref = f.failure_group
  LEFT JOIN name t ON t.ref = f.type LEFT JOIN name te ON te.ref = f.tenant`;

/** Failures that are looked at, by their time, before others are served: a million at once would hold up everybody. */
const lookedAtOnce = 25_000;

/**
 * Those of a query, newest first, looked for in steps. The page after begins where one ended, whatever came or went meanwhile.
 * @param most Failures that are looked at in a step.
 */
export async function failuresInSteps(db: DatabaseSync, query: FailureQuery, most = lookedAtOnce): Promise<FailurePage> {
  const { failureIds, group, subject, eventId, correlationId, sinceMs = Number.NEGATIVE_INFINITY } = query;
  // By an index of their own they are found at once.
  if ([failureIds, group, subject, eventId, correlationId].some((each) => each !== undefined)) return findFailures(db, query);
  const limit = limitOf(query);
  const failures: IndexedFailure[] = [];
  let cursor = query.cursor ?? (query.untilMs === undefined ? undefined : `${Math.max(0, Math.ceil(query.untilMs))}.0`);
  for (;;) {
    const floor = placeBehind(db, cursor, most);
    const rest = { ...query, limit: limit - failures.length, ...(cursor === undefined ? {} : { cursor }) };
    const page = findFailures(db, rest, floor);
    failures.push(...page.failures);
    if (page.cursor !== null) return { failures, cursor: page.cursor };
    if (floor === null || floor.failedMs < sinceMs) return { failures, cursor: null };
    cursor = `${floor.failedMs}.${floor.no}`;
    if (failures.length >= limit) return { failures, cursor };
    await nextTurn();
  }
}

interface FailurePlace {
  readonly failedMs: number;
  readonly no: number;
}

const placeIn = (cursor: string | undefined): FailurePlace | null => {
  const found = cursor === undefined ? null : /^(\d+)\.(\d+)$/.exec(cursor);
  return found === null ? null : { failedMs: Number(found[1]), no: Number(found[2]) };
};

/** The failure that so many are newer than, behind a cursor; null where fewer are left. */
function placeBehind(db: DatabaseSync, cursor: string | undefined, most: number): FailurePlace | null {
  const after = placeIn(cursor) ?? { failedMs: Number.MAX_SAFE_INTEGER, no: 0 };
  const [row] = rowsOf<{ failed_ms: number; no: number }>(
    db,
    `SELECT failed_ms, no FROM failure WHERE (failed_ms, no) < (?, ?) ORDER BY failed_ms DESC, no DESC LIMIT 1 OFFSET ?`,
    after.failedMs,
    after.no,
    most - 1,
  );
  return row === undefined ? null : { failedMs: row.failed_ms, no: row.no };
}

const limitOf = ({ limit = 100 }: FailureQuery): number => Math.min(limit, 1_000);

/** @param floor Only those that are as new as this one. */
function findFailures(db: DatabaseSync, query: FailureQuery, floor: FailurePlace | null = null): FailurePage {
  const limit = limitOf(query);
  const conditions = query.withSuperseded === true ? ["1"] : ["f.superseded = 0"];
  const values: SQLInputValue[] = [];
  const where = (sql: string, ...given: SQLInputValue[]) => {
    conditions.push(sql);
    values.push(...given);
  };
  if (query.failureIds !== undefined) {
    if (query.failureIds.length === 0) return { failures: [], cursor: null };
    const ids = padded(query.failureIds.map(packId));
    where(`f.failure_id IN (${ids.map(() => "?").join(", ")})`, ...ids);
  }
  if (query.service !== undefined) where("s.text = ?", query.service);
  if (query.handler !== undefined) where("hn.text = ?", query.handler);
  if (query.group !== undefined) where("f.failure_group = (SELECT ref FROM failure_group WHERE fingerprint = ?)", query.group);
  if (query.type !== undefined) where("f.type = (SELECT ref FROM name WHERE text = ?)", query.type);
  if (query.tenantId !== undefined) where("f.tenant = (SELECT ref FROM name WHERE text = ?)", query.tenantId);
  if (query.reason !== undefined) where("f.reason = ?", query.reason);
  if (query.subject !== undefined) where("f.subject = ?", query.subject);
  if (query.eventId !== undefined) where("f.event = ?", packId(query.eventId));
  if (query.correlationId !== undefined) where("f.correlation = ?", packId(query.correlationId));
  if (query.state !== undefined) where("f.state = ?", query.state);
  if (query.sinceMs !== undefined) where("f.failed_ms >= ?", query.sinceMs);
  if (query.untilMs !== undefined) where("f.failed_ms < ?", query.untilMs);
  if (query.text !== undefined) where("instr(lower(f.message), lower(?)) > 0", query.text);
  const after = placeIn(query.cursor);
  if (after !== null) where("(f.failed_ms, f.no) < (?, ?)", after.failedMs, after.no);
  if (floor !== null) where("(f.failed_ms, f.no) >= (?, ?)", floor.failedMs, floor.no);
  const sql = `${failureColumns} WHERE ${conditions.join(" AND ")} ORDER BY f.failed_ms DESC, f.no DESC LIMIT ?`;
  const rows = rowsOf<Row>(db, sql, ...values, limit + 1);
  const last = rows.length > limit ? rows[limit - 1]! : null;
  return {
    failures: rows.slice(0, limit).map(failureOf),
    cursor: last === null ? null : `${last["failed_ms"]}.${last["no"]}`,
  };
}

/** Lists of a few lengths, so that few statements are prepared. */
function padded<T>(ids: readonly T[]): T[] {
  const length = [1, 10, 100].find((least) => ids.length <= least) ?? Math.ceil(ids.length / 500) * 500;
  return [...ids, ...Array.from({ length: length - ids.length }, () => ids[0]!)];
}

export function failuresAt(db: DatabaseSync, places: readonly Place[]): IndexedFailure[] {
  const sql = `${failureColumns} WHERE f.place IN (SELECT ref FROM place WHERE topic = ? AND partition = ? AND gone = 0) AND f.offset = ?
    AND f.superseded = 0 ORDER BY f.failed_ms, f.no`;
  return places.flatMap(({ topic, partition, offset }) => rowsOf<Row>(db, sql, topic, partition, offset).map(failureOf));
}

export function failureOf(row: Row): IndexedFailure {
  const text = (column: string) => row[column] as string;
  const number = (column: string) => row[column] as number;
  const asked = row["asked_action"];
  return {
    failureId: unpackId(row["failure_id"])!,
    service: text("service"),
    handler: text("handler_name"),
    version: text("version_name"),
    epoch: number("epoch"),
    reason: text("reason"),
    origin: { topic: text("topic"), partition: number("partition"), offset: number("offset") },
    letter: { topic: text("letter_topic_name"), partition: number("letter_partition"), offset: number("letter_offset") },
    eventId: unpackId(row["event"]),
    type: row["type_name"] as string | null,
    subject: row["subject"] as string | null,
    correlationId: unpackId(row["correlation"]),
    tenantId: row["tenant_name"] as string | null,
    error: { name: text("error"), code: row["code"] as string | null, message: text("message") },
    attempts: number("attempts"),
    failedAtMs: number("failed_ms"),
    holdsSubject: row["holds"] === 1,
    group: text("fingerprint"),
    state: text("state") as FailureState,
    asked: asked === null ? null : { action: asked as string, by: text("asked_by"), atMs: number("asked_ms") },
    answer: row["answer"] as IndexedFailure["answer"],
    isSuperseded: row["superseded"] === 1,
  };
}
