import type { SeenEvent } from "../../reading/seen-event.ts";
import { mostShown, type Traffic, trafficKeptMs, type TypeSeen } from "../traffic.ts";
import { storable, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";

const minuteMs = 60_000;
/** Clocks of publishers may be ahead by this much; what is further ahead tells nothing of now. */
const aheadMs = 10 * minuteMs;

type Placed = { readonly place: number; readonly event: SeenEvent };

/** Counts events by type, source and version, and by the minute, in the caller's transaction. Their names are known by now. */
export async function countEvents(sql: Sql, names: Names, events: readonly Placed[], nowMs: number): Promise<void> {
  if (events.length === 0) return;
  const typeOf = ({ event }: Placed): number => names.known(event.type);
  const sourceOf = ({ event }: Placed): number => names.known(event.source);
  await sql.run(
    `INSERT INTO type_seen AS seen
     SELECT type, source, version, count(*), min(at_ms), max(at_ms), (array_agg(place ORDER BY at_ms DESC, nth DESC))[1],
       (array_agg("offset" ORDER BY at_ms DESC, nth DESC))[1]
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
       WITH ORDINALITY AS given (type, source, version, at_ms, place, "offset", nth) GROUP BY type, source, version
     ON CONFLICT (type, source, data_version) DO UPDATE SET count = seen.count + excluded.count,
       first_ms = least(seen.first_ms, excluded.first_ms),
       place = CASE WHEN excluded.last_ms >= seen.last_ms THEN excluded.place ELSE seen.place END,
       "offset" = CASE WHEN excluded.last_ms >= seen.last_ms THEN excluded."offset" ELSE seen."offset" END,
       last_ms = greatest(seen.last_ms, excluded.last_ms)`,
    events.map(typeOf),
    events.map(sourceOf),
    events.map(({ event }) => whole(event.dataVersion ?? 0)),
    events.map(({ event }) => whole(event.timestampMs)),
    events.map(({ place }) => place),
    events.map(({ event }) => event.offset),
  );
  const present = events.filter(
    ({ event: { timestampMs } }) => timestampMs >= nowMs - trafficKeptMs && timestampMs <= nowMs + aheadMs,
  );
  if (present.length === 0) return;
  await sql.run(
    `INSERT INTO traffic AS t SELECT minute, topic, type, source, count(*)
     FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) AS given (minute, topic, type, source) GROUP BY 1, 2, 3, 4
     ON CONFLICT (minute, topic, type, source) DO UPDATE SET count = t.count + excluded.count`,
    present.map(({ event }) => Math.floor(event.timestampMs / minuteMs)),
    present.map(({ event }) => storable(event.topic)),
    present.map(typeOf),
    present.map(sourceOf),
  );
  await sql.run("DELETE FROM traffic WHERE minute < $1", Math.floor((nowMs - trafficKeptMs) / minuteMs));
}

export async function typesSeen(sql: Sql): Promise<TypeSeen[]> {
  const rows = await sql.rows<Omit<TypeSeen, "dataVersion" | "last"> & { version: number } & TypeSeen["last"]>(
    `SELECT t.text AS type, s.text AS source, c.data_version AS version, c.count, c.first_ms AS "firstMs", c.last_ms AS "lastMs",
       p.topic, p.partition, c."offset"
     FROM type_seen c JOIN name t ON t.ref = c.type JOIN name s ON s.ref = c.source JOIN place p ON p.ref = c.place
     ORDER BY c.last_ms DESC LIMIT ${mostShown}`,
  );
  return rows.map(({ version, topic, partition, offset, ...seen }) => ({
    ...seen,
    dataVersion: version === 0 ? null : version,
    last: { topic, partition, offset },
  }));
}

/** From the minute that a time lies in. */
export const trafficSince = (sql: Sql, sinceMs: number): Promise<Traffic[]> =>
  sql.rows<Traffic>(
    `SELECT c.topic, t.text AS type, s.text AS source, sum(c.count)::bigint AS count FROM traffic c
     JOIN name t ON t.ref = c.type JOIN name s ON s.ref = c.source WHERE c.minute >= $1
     GROUP BY c.topic, t.text, s.text
     ORDER BY 4 DESC, c.topic COLLATE "C", t.text COLLATE "C", s.text COLLATE "C" LIMIT ${mostShown}`,
    Math.floor(sinceMs / minuteMs),
  );
