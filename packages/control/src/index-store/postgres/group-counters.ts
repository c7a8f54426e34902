import type { Sql } from "./index-database.ts";

/** Counts what nobody has answered by tenant: who is hurt. */
export async function hurt(
  sql: Sql,
  changes: readonly (readonly [group: number, tenant: number | null, more: number])[],
): Promise<void> {
  const told = changes.flatMap(([group, tenant, more]) => (tenant === null ? [] : [[group, tenant, more] as const]));
  const [groups, tenants, more] = sums(told);
  if (more.length === 0) return;
  await sql.run(
    `INSERT INTO failure_group_tenant AS t SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
     ON CONFLICT (failure_group, tenant) DO UPDATE SET unanswered = t.unanswered + excluded.unanswered`,
    groups,
    tenants,
    more,
  );
  if (more.every((by) => by > 0)) return;
  await sql.run(
    `DELETE FROM failure_group_tenant AS t USING unnest($1::bigint[], $2::bigint[]) AS one (ref, tenant)
     WHERE t.failure_group = one.ref AND t.tenant = one.tenant AND t.unanswered <= 0`,
    groups,
    tenants,
  );
}

export async function countDown(sql: Sql, by: "version" | "hour", [groups, keys, counts]: Sums): Promise<void> {
  const one = `t.failure_group = one.ref AND t.${by} = one.key`;
  await sql.run(
    `UPDATE failure_group_${by} AS t SET count = t.count - one.count
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS one (ref, key, count) WHERE ${one}`,
    groups,
    keys,
    counts,
  );
  await sql.run(
    `DELETE FROM failure_group_${by} AS t USING unnest($1::bigint[], $2::bigint[]) AS one (ref, key) WHERE ${one} AND t.count <= 0`,
    groups,
    keys,
  );
}

type Sums = readonly [groups: number[], keys: number[], sums: number[]];

/** Adds up what has the same group and key, for a statement may touch a row once; what comes to nothing is left out. */
export function sums(items: readonly (readonly [group: number, key: number, more: number])[]): Sums {
  const totals = new Map<string, [group: number, key: number, more: number]>();
  for (const [group, key, more] of items) {
    const total = totals.get(`${group}/${key}`);
    if (total === undefined) totals.set(`${group}/${key}`, [group, key, more]);
    else total[2] += more;
  }
  const rows = [...totals.values()].filter(([, , more]) => more !== 0);
  return [rows.map(([group]) => group), rows.map(([, key]) => key), rows.map(([, , more]) => more)];
}
