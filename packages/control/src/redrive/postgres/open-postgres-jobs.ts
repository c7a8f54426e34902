import { MigratedDatabase } from "../../postgres/migrated-database.ts";
import type { Sql } from "../../postgres/sql.ts";
import { storable } from "../../postgres/storable.ts";
import type { JobStore } from "../job-store.ts";
import { itemsOf, nextItems, sent } from "./item-rows.ts";
import { jobDatabase } from "./job-migrations.ts";
import { activeJobs, change, confirm, jobOf, jobsOf, numberOf } from "./job-rows.ts";
import { addItems, arrange, completePlan, consumersOf, draft, heldSubjects, leaveOut, leftOutOf, planOf } from "./plan-rows.ts";
import { prune } from "./prune.ts";
import { take } from "./take-rows.ts";

/**
 * Plans and jobs in a PostgreSQL database, in a schema of their own, for several control planes: each of them plans, confirms and shows, and one
 * at a time runs the jobs.
 * @throws REDRIVE_DATABASE_UNUSABLE
 * @example await using jobs = await openPostgresJobs("postgres://control:password@db:5432/control");
 */
export async function openPostgresJobs(url: string): Promise<JobStore> {
  return jobStoreOn(await MigratedDatabase.open(url, jobDatabase));
}

export function jobStoreOn(database: MigratedDatabase): JobStore {
  const { sql } = database;
  const write = <T>(work: (within: Sql) => Promise<T>): Promise<T> => database.transaction(work);
  return {
    draft: (plan) => draft(sql, plan),
    addItems: (id, items) => addItems(sql, id, items),
    leaveOut: (id, items) => leaveOut(sql, id, items),
    arrange: (id) => write((within) => arrange(within, id)),
    consumersOf: (id) => consumersOf(sql, id),
    heldSubjects: (id, consumer, subjects) => heldSubjects(sql, id, consumer, subjects),
    completePlan: (id, told) => write((within) => completePlan(within, id, told)),
    plan: (id) => planOf(sql, id),
    leftOut: (id, page) => leftOutOf(sql, id, page),
    confirm: (id, terms, from, nowMs) => write((within) => confirm(within, id, terms, from, nowMs)),
    job: (id) => jobOf(sql, id),
    jobs: (page) => jobsOf(sql, page),
    active: () => activeJobs(sql),
    items: (id, page) => itemsOf(sql, id, page),
    edited: async (id) =>
      (await sql.row<{ edited: Uint8Array | null }>("SELECT edited FROM job WHERE id = $1", storable(id)))?.edited ?? null,
    nextItems: (id, limit) => nextItems(sql, id, limit),
    sent: (id, next, items, atMs) => write((within) => sent(within, id, next, items, atMs)),
    receiptPositions: async (id) =>
      sql.rows('SELECT partition, "offset" FROM job_receipts WHERE job = $1', await numberOf(sql, id)),
    take: (id, reads, receipts) => write((within) => take(within, id, reads, receipts)),
    change: (id, from, asked) => write((within) => change(within, id, from, asked)),
    // By the database's clock alone: those of several machines differ, and whose is ahead would take what another one holds.
    claim: async (holder, { nowMs, untilMs }) =>
      (await sql.run(
        `INSERT INTO job_lease AS it (holder, until_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
         ON CONFLICT (only_one) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
         WHERE it.holder = excluded.holder OR it.until_at <= clock_timestamp()`,
        holder,
        (untilMs - nowMs) / 1_000,
      )) > 0,
    release: async (holder) => void (await sql.run("DELETE FROM job_lease WHERE holder = $1", holder)),
    prune: (nowMs, endedBeforeMs) => write((within) => prune(within, nowMs, endedBeforeMs)),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
}
