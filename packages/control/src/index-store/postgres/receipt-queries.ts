import { subjectsBehind, type ToldAtPlace } from "../parked-behind.ts";
import type { EventReceipt } from "throughline/system-topics";
import type { PlacedReceipt } from "../../reading/receipts.ts";
import type { IndexedReceipts, ParkedBehindQuery, Place } from "../index-store.ts";
import { storable } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

const places = `unnest($1::text[], $2::bigint[], $3::bigint[]) AS at (topic, partition, "offset")
  JOIN place p ON p.topic = at.topic AND p.partition = at.partition AND NOT p.gone`;

type RangeRow = Omit<IndexedReceipts["ranges"][number], "applied" | "kind"> & { readonly applied: Buffer };

export async function receiptsOf(sql: Sql, given: readonly Place[]): Promise<IndexedReceipts> {
  const at = [given.map(({ topic }) => topic), given.map(({ partition }) => partition), given.map(({ offset }) => offset)];
  const ranges = await sql.rows<RangeRow>(
    `SELECT DISTINCT s.text AS service, n.text AS handler, v.text AS version, i.text AS instance, r.epoch, p.topic, p.partition,
       r.first AS "from", r.past AS "to", r.at_ms AS "atMs", r.applied
     FROM ${places} JOIN receipt_reach c ON c.place = p.ref
     JOIN receipt_range r ON r.place = c.place AND r.handler = c.handler
       AND r.first <= at."offset" AND r.first > at."offset" - c.longest AND r.past > at."offset"
     JOIN handler h ON h.ref = r.handler JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name
     JOIN name v ON v.ref = r.version JOIN name i ON i.ref = r.instance`,
    ...at,
  );
  const told = await sql.rows<{ body: string; partition: number; offset: number }>(
    `SELECT r.body, r.told_partition AS partition, r.told_offset AS "offset"
     FROM ${places} JOIN receipt_told r ON r.place = p.ref AND r."offset" = at."offset" ORDER BY r.told_partition, r.told_offset`,
    ...at,
  );
  const reach = await sql.rows<IndexedReceipts["reach"][number]>(
    `SELECT DISTINCT s.text AS service, n.text AS handler, p.topic, p.partition, c.lowest, c.highest FROM ${places}
     JOIN receipt_reach c ON c.place = p.ref JOIN handler h ON h.ref = c.handler
     JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name`,
    ...at,
  );
  const reporting = await sql.rows<IndexedReceipts["reporting"][number]>(
    `SELECT s.text AS service, n.text AS handler FROM handler h JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name WHERE h.reports`,
  );
  return {
    ranges: ranges.map((range) => ({ kind: "range", ...range, applied: range.applied.toString("base64") })),
    told: told.map(({ body, partition, offset }): PlacedReceipt<EventReceipt> => {
      return { receipt: JSON.parse(body) as EventReceipt, partition, offset };
    }),
    reach,
    reporting,
  };
}

export async function parkedBehind(
  sql: Sql,
  { service, handler, topic, partition, after, limit }: ParkedBehindQuery,
): Promise<{ subjects: string[]; next: number | null }> {
  const rows = await sql.rows<ToldAtPlace>(
    `SELECT r."offset", r.outcome, r.handler = (
       SELECT h.ref FROM handler h JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name WHERE s.text = $1 AND n.text = $2
     ) AS ours, CASE r.outcome WHEN 'parked' THEN r.body ELSE '' END AS body
     FROM place p JOIN receipt_told r ON r.place = p.ref AND r."offset" > $5
     WHERE p.topic = $3 AND p.partition = $4 AND NOT p.gone
     ORDER BY r.place, r."offset", r.handler, r.told_partition, r.told_offset LIMIT $6`,
    storable(service),
    storable(handler),
    topic,
    partition,
    after,
    limit,
  );
  return subjectsBehind(rows, limit);
}
