import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "../../postgres/sql.ts";
import { answerItem } from "../answer-item.ts";
import { answeredItemIn, itemIn, type JobRow } from "../job-in-row.ts";
import type { ItemState, TakenReceipt } from "../job.ts";
import type { ReceiptRead } from "../job-store.ts";
import { CountChanges } from "./job-counts.ts";
import { lockedNumberOf } from "./job-rows.ts";

export async function take(
  sql: Sql,
  id: string,
  reads: readonly ReceiptRead[],
  receipts: readonly TakenReceipt[],
): Promise<boolean> {
  const job = await lockedNumberOf(sql, id);
  const positions = await sql.rows<{ partition: number; offset: number }>("SELECT * FROM job_receipts WHERE job = $1", job);
  const stands = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  // Of a partition that came later nothing is known: it is read from its beginning.
  if (reads.some(({ partition, from }) => (stands.get(partition) ?? from) !== from)) return false;
  await sql.run(
    `INSERT INTO job_receipts SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[])
     ON CONFLICT (job, partition) DO UPDATE SET "offset" = excluded."offset"`,
    job,
    reads.map(({ partition }) => partition),
    reads.map(({ to }) => to),
  );
  if (receipts.length > 0) await answer(sql, { id, job }, receipts);
  return true;
}

interface Answered {
  readonly row: JobRow;
  state: ItemState;
  detail: string | null;
  answeredMs: number | null;
  askedMs: number | null;
}

/** Looks the items up once for all receipts, goes through these in their order, and writes what came of it once. */
async function answer(sql: Sql, { id, job }: { id: string; job: number }, receipts: readonly TakenReceipt[]): Promise<void> {
  const named = await itemsNamed(sql, job, receipts);
  const items = new Map<number, Answered>();
  for (const [nth, rows] of named) {
    const receipt = receipts[nth]!;
    for (const row of rows) {
      const no = Number(row["no"]);
      const it = items.get(no) ?? { row, ...stateOf(row) };
      items.set(no, it);
      const change = answerItem({ ...answeredItemIn(id, row), state: it.state }, receipt);
      if (change === null) continue;
      it.state = change.state;
      it.detail = change.detail;
      it.answeredMs = receipt.atMs;
      it.askedMs ??= receipt.requestId === null ? null : receipt.atMs;
    }
  }
  await writeAnswers(sql, job, [...items.values()]);
}

function stateOf(row: JobRow): Omit<Answered, "row"> {
  const { state, detail, answeredAtMs, askedAtMs } = itemIn(row);
  return { state, detail, answeredMs: answeredAtMs, askedMs: askedAtMs };
}

/** By each receipt's number: the items of its failure, and those of its place. */
async function itemsNamed(sql: Sql, job: number, receipts: readonly TakenReceipt[]): Promise<Map<number, JobRow[]>> {
  const rows = await sql.rows<JobRow & { readonly nth: number }>(
    `WITH r AS (
       SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS r (failure, topic, partition, "offset", nth)
     )
     SELECT r.nth, i.* FROM r JOIN job_item i ON i.job = $1 AND md5(i.failure_id) = md5(r.failure) AND i.failure_id = r.failure
     UNION
     SELECT r.nth, i.* FROM r JOIN job_item i ON i.job = $1 AND md5(i.topic) = md5(r.topic) AND i.topic = r.topic
       AND i.partition = r.partition AND i."offset" = r."offset"
     ORDER BY nth, no`,
    job,
    receipts.map(({ failureId }) => storableOrNull(failureId)),
    receipts.map(({ topic }) => storable(topic)),
    receipts.map(({ partition }) => whole(partition)),
    receipts.map(({ offset }) => whole(offset)),
  );
  return Map.groupBy(rows, ({ nth }) => nth - 1);
}

async function writeAnswers(sql: Sql, job: number, items: readonly Answered[]): Promise<void> {
  if (items.length === 0) return;
  await sql.run(
    `UPDATE job_item AS it SET state = a.state, detail = a.detail, answered_ms = a.answered_ms, asked_ms = a.asked_ms
     FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) AS a (no, state, detail, answered_ms, asked_ms)
     WHERE it.job = $1 AND it.no = a.no`,
    job,
    items.map(({ row }) => row["no"]),
    items.map(({ state }) => state),
    items.map(({ detail }) => storableOrNull(detail)),
    items.map(({ answeredMs }) => (answeredMs === null ? null : whole(answeredMs))),
    items.map(({ askedMs }) => (askedMs === null ? null : whole(askedMs))),
  );
  const counts = new CountChanges();
  for (const { row, state } of items) if (row["state"] !== state) counts.move(row["state"] as ItemState, state);
  await counts.write(sql, job);
}
