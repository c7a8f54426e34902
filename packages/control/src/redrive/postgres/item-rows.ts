import { storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { itemIn, type JobRow } from "../job-in-row.ts";
import type { ItemPage, ItemState, JobItem } from "../job.ts";
import type { ItemQuery, SentItem } from "../job-store.ts";
import { CountChanges } from "./job-counts.ts";
import { lockedNumberOf, numberOf } from "./job-rows.ts";

export async function itemsOf(sql: Sql, id: string, { cursor, limit, states }: ItemQuery): Promise<ItemPage> {
  // Numbers begin at 0, cursors too: a cursor is the number of the item that comes next.
  const rows = await sql.rows<JobRow>(
    "SELECT * FROM job_item WHERE job = $1 AND no >= $2 AND ($4::text[] IS NULL OR state = ANY ($4)) ORDER BY no LIMIT $3",
    await numberOf(sql, id),
    cursor,
    limit + 1,
    states ?? null,
  );
  return { items: rows.slice(0, limit).map(itemIn), cursor: rows.length > limit ? Number(rows[limit]!["no"]) : null };
}

export async function nextItems(sql: Sql, id: string, limit: number): Promise<JobItem[]> {
  const statement = `SELECT i.* FROM job j JOIN job_item i ON i.job = j.number AND i.no >= j.next WHERE j.id = $1 ORDER BY i.no LIMIT $2`;
  return (await sql.rows<JobRow>(statement, id, limit)).map(itemIn);
}

export async function sent(sql: Sql, id: string, next: number, items: readonly SentItem[], atMs: number): Promise<boolean> {
  const job = await lockedNumberOf(sql, id);
  const move = "UPDATE job SET next = $3, asked_ms = $4 WHERE number = $1 AND next = $2";
  if ((await sql.run(move, job, next, next + items.length, whole(atMs))) === 0) return false;
  // What was answered meanwhile, or belongs to another job, stays as it is.
  const changed = await sql.rows<{ was: ItemState; state: ItemState }>(
    `UPDATE job_item AS it SET state = s.state, detail = s.detail, asked_ms = CASE WHEN s.state = 'asked' THEN $5::bigint END
     FROM unnest($2::bigint[], $3::text[], $4::text[], $6::boolean[]) AS s (no, state, detail, is_written), job_item AS before
     WHERE it.job = $1 AND it.no = s.no AND before.job = it.job AND before.no = it.no
       AND (it.state = 'waiting' OR (it.state = 'cancelled' AND s.is_written)) RETURNING before.state AS was, it.state`,
    job,
    items.map(({ no }) => no),
    items.map(({ state }) => state),
    items.map(({ detail }) => storableOrNull(detail)),
    whole(atMs),
    items.map(({ isWritten = false }) => isWritten),
  );
  const counts = new CountChanges();
  for (const { was, state } of changed) counts.move(was, state);
  await counts.write(sql, job);
  return true;
}
