import type { AuditEntry } from "throughline/system-topics";
import { auditedLetter, clockSlackMs, type FailureStanding, isSameStanding, stateOf, type ToldAnswer } from "../failure-state.ts";
import { storableOrNull, whole } from "../../postgres/storable.ts";
import type { GroupRows } from "./group-rows.ts";
import type { Sql } from "./index-database.ts";

interface StandingRow extends FailureStanding {
  readonly no: number;
  readonly failed_ms: number;
  readonly superseded: number;
  readonly failure_group: number;
  readonly tenant: number | null;
}

/** So many are looked at in one statement. */
const inStep = 2_000;

/**
 * Reads what is known of failures, and writes what follows, in the caller's transaction. It follows from what is known alone, in whatever order
 * that came.
 */
export async function settle(sql: Sql, groups: GroupRows, failures: Iterable<number>): Promise<void> {
  const nos = [...new Set(failures)];
  for (let from = 0; from < nos.length; from += inStep) await settleSome(sql, groups, nos.slice(from, from + inStep));
}

async function settleSome(sql: Sql, groups: GroupRows, nos: readonly number[]): Promise<void> {
  const rows = await sql.rows<StandingRow>(
    `SELECT no, failed_ms, superseded, failure_group, tenant, state, answer, asked_action, asked_by, asked_ms FROM failure
     WHERE no = ANY ($1::bigint[]) ORDER BY no`,
    nos,
  );
  const told = Map.groupBy(await sql.rows<ToldAnswer & { no: number }>(toldOf, nos), ({ no }) => no);
  const audited = Map.groupBy(await sql.rows<{ no: number; body: string }>(auditedOf, nos, clockSlackMs), ({ no }) => no);
  const rebuilt = new Set((await sql.rows<{ no: number }>(rebuiltOf, nos)).map(({ no }) => no));
  const changed = rows
    .map((before) => ({ before, after: { ...before, ...standing(before, { told, audited, rebuilt }) } }))
    .filter(({ before, after }) => !isSameStanding(before, after));
  if (changed.length === 0) return;
  const column = <T>(value: (row: StandingRow) => T): T[] => changed.map(({ after }) => value(after));
  await sql.run(
    `UPDATE failure AS f SET state = s.state, answer = s.answer, asked_action = s.asked_action, asked_by = s.asked_by, asked_ms = s.asked_ms
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
       AS s (no, state, answer, asked_action, asked_by, asked_ms) WHERE f.no = s.no`,
    column(({ no }) => no),
    column(({ state }) => state),
    column(({ answer }) => answer),
    column(({ asked_action }) => asked_action),
    column(({ asked_by }) => asked_by),
    column(({ asked_ms }) => asked_ms),
  );
  await groups.shift(
    sql,
    changed.map(({ before, after }) => ({ group: before.failure_group, before, after })),
  );
}

/** As its columns hold it. */
function standing(
  { no, failed_ms: failedMs }: StandingRow,
  known: {
    readonly told: ReadonlyMap<number, ToldAnswer[]>;
    readonly audited: ReadonlyMap<number, { body: string }[]>;
    readonly rebuilt: ReadonlySet<number>;
  },
): FailureStanding {
  const entries = (known.audited.get(no) ?? []).map(({ body }) => JSON.parse(body) as AuditEntry);
  const told = known.told.get(no) ?? [];
  const { asked_action, asked_by, asked_ms, ...state } = stateOf(told, auditedLetter(entries, failedMs), known.rebuilt.has(no));
  return {
    ...state,
    asked_action: storableOrNull(asked_action),
    asked_by: storableOrNull(asked_by),
    asked_ms: asked_ms === null ? null : whole(asked_ms),
  };
}

const toldOf = `
  SELECT f.no, r.outcome, r.body, (r.failure IS NOT DISTINCT FROM f.failure_id)::integer AS named, r.told_partition, r.told_offset
  FROM failure f JOIN receipt_told r ON r.place = f.place AND r."offset" = f."offset" AND r.handler = f.handler AND r.epoch = f.epoch
  WHERE f.no = ANY ($1::bigint[])
  UNION
  SELECT f.no, r.outcome, r.body, 1, r.told_partition, r.told_offset
  FROM failure f JOIN receipt_told r ON r.failure IS NOT NULL AND md5(r.failure) = md5(f.failure_id) AND r.failure = f.failure_id
  WHERE f.no = ANY ($1::bigint[])
  ORDER BY told_partition, told_offset`;

const auditedOf = `
  SELECT f.no, a.body
  FROM failure f JOIN audit a ON a.failure IS NOT NULL AND md5(a.failure) = md5(f.failure_id) AND a.failure = f.failure_id
  WHERE f.no = ANY ($1::bigint[]) AND a.at_ms >= f.failed_ms - $2::bigint
  ORDER BY a.partition, a."offset"`;

const rebuiltOf = `
  SELECT f.no FROM failure f JOIN rebuild b ON b.handler = f.handler AND b.epoch > f.epoch WHERE f.no = ANY ($1::bigint[])`;
