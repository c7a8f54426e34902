import type { FailureGroup } from "../../failures/indexed-failure.ts";
import type { FailureCount, FailureGroupQuery, HurtTenant, ServiceVersion } from "../index-store.ts";
import { sinceDeploy } from "../since-deploy.ts";
import { hourMs } from "../group-counts.ts";
import { storableOrNull } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

interface GroupRow extends Omit<FailureGroup, "frames" | "versions" | "trend" | "owner" | "since"> {
  readonly ref: number;
  readonly frames: string;
}

/** With a tenant those that it has most unanswered failures of come first; one group is found though it has none. */
const groupsSql = (ofTenant: boolean): string => `
  SELECT g.ref, g.fingerprint, s.text AS service, n.text AS handler, g.reason, g.error, g.code, g.pattern, g.frames, g.count, g.open, g.asked,
    g.first_ms AS "firstMs", g.last_ms AS "lastMs", g.example, ${ofTenant ? "coalesce(c.unanswered, 0)" : "NULL::bigint"} AS "ofTenant"
  FROM failure_group g JOIN handler h ON h.ref = g.handler JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name
  ${ofTenant ? "LEFT JOIN failure_group_tenant c ON c.failure_group = g.ref AND c.tenant = (SELECT ref FROM name WHERE md5(text) = md5($6) AND text = $6)" : ""}
  WHERE ($1::text IS NULL OR s.text = $1) AND ($2::text IS NULL OR n.text = $2) AND (NOT $3::boolean OR g.open + g.asked > 0)
    AND ($5::text IS NULL OR g.fingerprint = $5) ${ofTenant ? "AND ($5::text IS NOT NULL OR c.unanswered > 0)" : "AND $6::text IS NULL"}
  ORDER BY ${ofTenant ? "c.unanswered DESC," : ""} g.open DESC, g.last_ms DESC LIMIT $4`;
const [groupsOfAll, groupsOfTenant] = [groupsSql(false), groupsSql(true)];

export async function failureGroups(
  sql: Sql,
  query: FailureGroupQuery,
  ownerOf: (service: string) => string | null,
): Promise<FailureGroup[]> {
  const { fingerprint, service, handler, tenantId, openOnly = false, limit = 500, ...rest } = query;
  // A filter that is not known here must not be passed over in silence.
  rest satisfies Record<string, never>;
  const given = [service ?? null, handler ?? null].map(storableOrNull);
  const rows = await sql.rows<GroupRow>(
    tenantId === undefined ? groupsOfAll : groupsOfTenant,
    ...given,
    openOnly,
    limit,
    fingerprint ?? null,
    storableOrNull(tenantId ?? null),
  );
  const refs = rows.map(({ ref }) => ref);
  const versions = Map.groupBy(
    await sql.rows<FailureGroup["versions"][number] & { of: number }>(
      `SELECT v.failure_group AS of, n.text AS version, v.count, v.first_ms AS "firstMs", v.last_ms AS "lastMs"
       FROM failure_group_version v JOIN name n ON n.ref = v.version WHERE v.failure_group = ANY ($1::bigint[]) ORDER BY v.first_ms`,
      refs,
    ),
    ({ of }) => of,
  );
  const trends = Map.groupBy(
    await sql.rows<{ of: number; hour: number; count: number }>(
      "SELECT failure_group AS of, hour, count FROM failure_group_hour WHERE failure_group = ANY ($1::bigint[]) ORDER BY hour",
      refs,
    ),
    ({ of }) => of,
  );
  const open = new Map(
    (
      await sql.rows<{ of: number; version: string }>(
        `SELECT r.ref AS of, n.text AS version FROM unnest($1::bigint[]) r (ref) CROSS JOIN LATERAL (
           SELECT version FROM failure WHERE failure_group = r.ref AND superseded = 0 AND state <> 'answered'
           ORDER BY failed_ms, no LIMIT 1) f JOIN name n ON n.ref = f.version`,
        refs,
      )
    ).map(({ of, version }) => [of, version]),
  );
  const known = new Map<string, ServiceVersion[]>();
  for (const name of new Set(rows.map((row) => row.service))) known.set(name, await versionsOf(sql, name));
  return rows.map(({ ref, frames, ...group }) => {
    const failing = (versions.get(ref) ?? []).map(({ of: _, ...version }) => version);
    return {
      ...group,
      frames: JSON.parse(frames) as string[],
      versions: failing,
      trend: (trends.get(ref) ?? []).map(({ hour, count }) => ({ hourMs: hour * hourMs, count })),
      owner: ownerOf(group.service),
      since: sinceDeploy(failing, known.get(group.service)!, open.get(ref)),
    };
  });
}

/** Oldest first. */
export const versionsOf = (sql: Sql, service: string): Promise<ServiceVersion[]> =>
  sql.rows<ServiceVersion>(
    `SELECT n.text AS version, v.first_ms AS "firstMs", v.last_ms AS "lastMs" FROM version_seen v JOIN name n ON n.ref = v.version
     WHERE v.service = (SELECT ref FROM name WHERE md5(text) = md5($1) AND text = $1) ORDER BY v.first_ms`,
    storableOrNull(service),
  );

export const failureCounts = (sql: Sql): Promise<FailureCount[]> =>
  sql.rows<FailureCount>(
    `SELECT s.text AS service, n.text AS handler, count(*) AS groups, sum(g.count)::bigint AS count, sum(g.open)::bigint AS open,
       sum(g.asked)::bigint AS asked
     FROM failure_group g JOIN handler h ON h.ref = g.handler JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name
     GROUP BY s.text, n.text ORDER BY s.text COLLATE "C", n.text COLLATE "C"`,
  );

export const hurtTenants = (sql: Sql, limit: number, tenantId?: string): Promise<HurtTenant[]> =>
  sql.rows<HurtTenant>(
    `SELECT n.text AS "tenantId", sum(c.unanswered)::bigint AS unanswered, count(*) AS groups FROM failure_group_tenant c
     JOIN name n ON n.ref = c.tenant WHERE $2::text IS NULL OR n.text = $2 GROUP BY n.text ORDER BY 2 DESC, n.text COLLATE "C" LIMIT $1`,
    limit,
    storableOrNull(tenantId ?? null),
  );
