import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { AuditMark } from "../index-batch.ts";
import type { Sql } from "./index-database.ts";

/** Writes entries in the caller's transaction; answers the ids of the failures that they are about. */
export async function addAudit(sql: Sql, given: readonly AuditMark[]): Promise<string[]> {
  // One that came twice is one row, and a statement may touch a row once.
  const marks = [...new Map(given.map((mark) => [`${mark.place.partition}/${mark.place.offset}`, mark])).values()];
  if (marks.length === 0) return [];
  const column = <T>(value: (mark: AuditMark) => T): T[] => marks.map(value);
  const failures = column(({ entry }) => ("about" in entry ? null : storableOrNull(entry.failureId ?? null)));
  await sql.run(
    `INSERT INTO audit SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::bigint[], $10::text[])
     ON CONFLICT (partition, "offset") DO UPDATE SET failure = excluded.failure, about = excluded.about, service = excluded.service,
       handler = excluded.handler, action = excluded.action, by_whom = excluded.by_whom, at_ms = excluded.at_ms, body = excluded.body`,
    column(({ place }) => place.partition),
    column(({ place }) => place.offset),
    failures,
    column(({ entry }) => ("about" in entry ? storable(entry.about) : null)),
    column(({ entry }) => ("about" in entry ? null : storableOrNull(entry.service))),
    column(({ entry }) => ("about" in entry ? null : storableOrNull(entry.handler))),
    column(({ entry }) => storable(entry.action)),
    column(({ entry }) => storable(entry.by)),
    column(({ entry }) => whole(entry.atMs)),
    column(({ entry }) => JSON.stringify(entry)),
  );
  return failures.filter((failure) => failure !== null);
}
