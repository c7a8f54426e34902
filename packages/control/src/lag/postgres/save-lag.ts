import type { Sql } from "../../postgres/sql.ts";
import { storable, whole } from "../../postgres/storable.ts";
import type { LagChanges } from "../lag-store.ts";

/** Writes what a sample changed, a statement for each table, in the caller's transaction. */
export async function saveLag(sql: Sql, changes: LagChanges): Promise<void> {
  const { nowMs, groups, removedGroups, ends, removedEnds, incidents, deliveries, history } = changes;
  const write = async (rows: readonly unknown[], statement: string, ...values: unknown[]): Promise<void> => {
    if (rows.length > 0) await sql.run(statement, ...values);
  };
  await write(
    groups,
    `INSERT INTO throughline_lag.consumer_group SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET record = excluded.record`,
    groups.map(({ group }) => storable(group)),
    groups.map((record) => JSON.stringify(record)),
  );
  await write(removedGroups, "DELETE FROM throughline_lag.consumer_group WHERE name = ANY ($1)", removedGroups.map(storable));
  await write(
    ends,
    `INSERT INTO throughline_lag.ends SELECT * FROM unnest($1::text[], $2::integer[], $3::text[])
     ON CONFLICT (topic_id, partition) DO UPDATE SET points = excluded.points`,
    ends.map(({ topicId }) => storable(topicId)),
    ends.map(({ partition }) => partition),
    ends.map(({ points }) => JSON.stringify(points.map(({ offset, atMs }) => [offset, whole(atMs)]))),
  );
  await write(
    removedEnds,
    `DELETE FROM throughline_lag.ends WHERE (topic_id, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))`,
    removedEnds.map(({ topicId }) => storable(topicId)),
    removedEnds.map(({ partition }) => partition),
  );
  await write(
    incidents,
    `INSERT INTO throughline_lag.incident SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])
     ON CONFLICT (id) DO UPDATE SET ended_ms = excluded.ended_ms, incident = excluded.incident`,
    incidents.map(({ id }) => id),
    incidents.map(({ group }) => storable(group)),
    incidents.map(({ openedAtMs }) => whole(openedAtMs)),
    incidents.map(({ endedAtMs }) => (endedAtMs === null ? null : whole(endedAtMs))),
    incidents.map((incident) => JSON.stringify(incident)),
  );
  // In their order, which their numbers keep.
  await write(
    deliveries,
    `INSERT INTO throughline_lag.delivery (id, incident_id, channel, kind, alert, created_ms, next_ms)
     SELECT id, incident_id, channel, kind, alert, $6, $6
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS due (id, incident_id, channel, kind, alert, nth)
     ORDER BY nth ON CONFLICT (id) DO NOTHING`,
    deliveries.map(({ id }) => id),
    deliveries.map(({ incidentId }) => incidentId),
    deliveries.map(({ channel }) => storable(channel)),
    deliveries.map(({ alert }) => alert.kind),
    deliveries.map(({ alert }) => JSON.stringify(alert)),
    whole(nowMs),
  );
  await write(
    history,
    `INSERT INTO throughline_lag.history
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
     ON CONFLICT (group_name, at_ms) DO UPDATE SET behind = excluded.behind, behind_ms = excluded.behind_ms, status = excluded.status,
       partitions = excluded.partitions`,
    history.map(({ group }) => storable(group)),
    history.map(({ atMs }) => whole(atMs)),
    history.map(({ behind }) => behind),
    history.map(({ behindMs }) => (behindMs === null ? null : whole(behindMs))),
    history.map(({ status }) => status),
    history.map(({ partitions }) => JSON.stringify(partitions)),
  );
}
