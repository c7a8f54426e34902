import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { draftText, type JobRow, leftOutIn, planIn, type PlanText } from "../job-in-row.ts";
import type { LeftOutPage, RedrivePlan } from "../job.ts";
import type { DraftConsumer, PlanDraft } from "../job-store.ts";
import type { LeftOut } from "../selection.ts";
import { numberOf } from "./job-rows.ts";

export async function draft(sql: Sql, plan: PlanDraft): Promise<void> {
  const { id, createdAtMs, expiresAtMs, edited } = plan;
  const statement = "INSERT INTO job (id, state, plan, created_ms, expires_ms, edited) VALUES ($1, 'draft', $2, $3, $4, $5)";
  await sql.run(statement, id, draftText(plan), whole(createdAtMs), whole(expiresAtMs), edited);
}

export async function addItems(sql: Sql, planId: string, items: readonly IndexedFailure[]): Promise<void> {
  if (items.length === 0) return;
  const facts = ({ service, letter, eventId, type, subject, failedAtMs }: IndexedFailure): string =>
    JSON.stringify({ service, letter, eventId, type, subject, failedAtMs });
  await sql.run(
    `INSERT INTO job_draft_item
     SELECT $1::bigint, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::bigint[],
       $10::text[], $11::text[], $12::boolean[], $13::boolean[])
     ON CONFLICT DO NOTHING`,
    await numberOf(sql, planId),
    items.map(({ service }) => storable(service)),
    items.map(({ handler }) => storable(handler)),
    items.map(({ origin }) => storable(origin.topic)),
    items.map(({ origin }) => origin.partition),
    items.map(({ origin }) => origin.offset),
    items.map(({ failureId }) => storable(failureId)),
    items.map(facts),
    items.map(({ failedAtMs }) => whole(failedAtMs)),
    items.map(({ version }) => storable(version)),
    items.map(({ subject }) => storableOrNull(subject)),
    items.map(({ holdsSubject }) => holdsSubject),
    items.map(({ reason }) => reason === "uncertain"),
  );
}

export async function leaveOut(sql: Sql, planId: string, items: readonly LeftOut[]): Promise<void> {
  if (items.length === 0) return;
  await sql.run(
    `INSERT INTO job_left_out (job, failure_id, service, handler, why)
     SELECT $1::bigint, failure_id, service, handler, why
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS given (failure_id, service, handler, why, nth)
     ORDER BY nth ON CONFLICT DO NOTHING`,
    await numberOf(sql, planId),
    items.map(({ failureId }) => storable(failureId)),
    items.map(({ service }) => storableOrNull(service)),
    items.map(({ handler }) => storableOrNull(handler)),
    items.map(({ why }) => why),
  );
}

/** All of them at once: PostgreSQL's own sort keeps what is too much for memory on its disk. */
export async function arrange(sql: Sql, planId: string): Promise<boolean> {
  const job = await numberOf(sql, planId);
  const count = await sql.run(
    `INSERT INTO job_item (job, no, failure_id, handler, topic, partition, "offset", failed_ms, facts)
     SELECT job, row_number() OVER (ORDER BY service, handler, topic, partition, "offset", failure_id) - 1,
       failure_id, handler, topic, partition, "offset", failed_ms, facts
     FROM job_draft_item WHERE job = $1`,
    job,
  );
  await sql.run("UPDATE job SET total = $2 WHERE number = $1", job, count);
  return false;
}

export async function consumersOf(sql: Sql, planId: string): Promise<DraftConsumer[]> {
  const job = await numberOf(sql, planId);
  const consumers = await sql.rows<{ service: string; handler: string; count: number; uncertain: number; held: number }>(
    `SELECT service, handler, count(*) AS count, count(*) FILTER (WHERE uncertain) AS uncertain,
       count(DISTINCT subject) FILTER (WHERE holds) AS held
     FROM job_draft_item WHERE job = $1 GROUP BY service, handler ORDER BY service, handler`,
    job,
  );
  const told: DraftConsumer[] = [];
  for (const { service, handler, count, uncertain, held } of consumers) {
    const failedIn = await sql.rows<{ version: string; count: number }>(
      `SELECT version, count(*) AS count FROM job_draft_item WHERE job = $1 AND service = $2 AND handler = $3
       GROUP BY version ORDER BY 2 DESC, version COLLATE "C"`,
      job,
      service,
      handler,
    );
    const places = await sql.rows<DraftConsumer["places"][number]>(
      `SELECT topic, partition, min("offset") AS "offset" FROM job_draft_item WHERE job = $1 AND service = $2 AND handler = $3 AND holds
       GROUP BY topic, partition ORDER BY topic, partition`,
      job,
      service,
      handler,
    );
    told.push({ service, handler, count, heldSubjects: held, uncertain, failedIn, places });
  }
  return told;
}

export async function heldSubjects(
  sql: Sql,
  planId: string,
  { service, handler }: { service: string; handler: string },
  subjects: readonly string[],
): Promise<Set<string>> {
  const rows = await sql.rows<{ subject: string }>(
    `SELECT DISTINCT asked.subject FROM unnest($4::text[]) AS asked (subject)
     JOIN job_draft_item i ON i.job = $1 AND md5(i.subject) = md5(asked.subject) AND i.holds
     WHERE i.subject = asked.subject AND i.service = $2 AND i.handler = $3`,
    await numberOf(sql, planId),
    storable(service),
    storable(handler),
    subjects.map(storable),
  );
  const held = new Set(rows.map(({ subject }) => subject));
  return new Set(subjects.filter((subject) => held.has(storable(subject))));
}

export async function completePlan(sql: Sql, planId: string, told: Pick<RedrivePlan, "consumers" | "warnings">): Promise<void> {
  const job = await numberOf(sql, planId);
  const text = JSON.parse((await sql.row<{ plan: string }>("SELECT plan FROM job WHERE number = $1", job))!.plan) as PlanText;
  await sql.run("UPDATE job SET state = 'plan', plan = $2 WHERE number = $1", job, JSON.stringify({ ...text, ...told }));
  await sql.run("INSERT INTO job_count SELECT number, 'waiting', total FROM job WHERE number = $1 AND total > 0", job);
  await sql.run("DELETE FROM job_draft_item WHERE job = $1", job);
}

export async function planOf(sql: Sql, id: string): Promise<RedrivePlan | null> {
  const row = await sql.row<JobRow>("SELECT * FROM job WHERE id = $1 AND state <> 'draft'", storable(id));
  if (row === undefined) return null;
  return planIn(
    row,
    await sql.rows("SELECT why, count(*) AS count FROM job_left_out WHERE job = $1 GROUP BY why", row["number"]),
  );
}

export async function leftOutOf(
  sql: Sql,
  id: string,
  { cursor, limit }: { cursor: number; limit: number },
): Promise<LeftOutPage> {
  const rows = await sql.rows<JobRow>(
    "SELECT * FROM job_left_out WHERE job = $1 AND no > $2 ORDER BY no LIMIT $3",
    await numberOf(sql, id),
    cursor,
    limit + 1,
  );
  const cut = rows.length > limit;
  return { items: rows.slice(0, limit).map(leftOutIn), cursor: cut ? Number(rows[limit - 1]!["no"]) : null };
}
