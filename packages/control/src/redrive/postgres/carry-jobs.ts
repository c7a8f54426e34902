import { MigratedDatabase } from "../../postgres/migrated-database.ts";
import type { Sql } from "../../postgres/sql.ts";
import { SqliteFile } from "../../sqlite-file/sqlite-file.ts";
import type { JobRow } from "../job-in-row.ts";
import { jobFile } from "../sqlite/job-tables.ts";
import { jobDatabase } from "./job-migrations.ts";

const rowsAtOnce = 2_000;
const jobColumns = [
  "id",
  "state",
  "plan",
  "terms",
  "created_ms",
  "expires_ms",
  "started_ms",
  "asked_ms",
  "ended_ms",
  "total",
  "next",
  "stage",
  "forgiven",
  "problem",
  "edited",
] as const;

/** The tables of what belongs to a job, with the types of their columns, and the order in which they are read. */
const belongings: Readonly<Record<string, { readonly columns: Readonly<Record<string, string>>; readonly order: string }>> = {
  job_item: {
    columns: {
      no: "bigint",
      failure_id: "text",
      handler: "text",
      topic: "text",
      partition: "bigint",
      offset: "bigint",
      failed_ms: "bigint",
      facts: "text",
      state: "text",
      detail: "text",
      asked_ms: "bigint",
      answered_ms: "bigint",
    },
    order: "no",
  },
  job_left_out: { columns: { failure_id: "text", service: "text", handler: "text", why: "text" }, order: "rowid" },
  job_count: { columns: { state: "text", count: "bigint" }, order: "state" },
  job_receipts: { columns: { partition: "bigint", offset: "bigint" }, order: "partition" },
};

/**
 * Brings plans and jobs of a file of SQLite into a PostgreSQL database, each with all that belongs to it in one transaction; there they go
 * on from where they stand. May be repeated: a job that is there already is left alone. Answers how many came along.
 */
export async function carryJobs(path: string, url: string): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const file = await SqliteFile.open(path, jobFile);
  opened.defer(() => file.close());
  const database = await MigratedDatabase.open(url, jobDatabase);
  opened.defer(() => database.close());
  const jobs = await file.inTurn("read", () => file.all("SELECT * FROM job WHERE state <> 'draft' ORDER BY number"));
  let carried = 0;
  for (const job of jobs) if (await database.transaction((sql) => carryJob(file, sql, job))) carried += 1;
  return carried;
}

async function carryJob(file: SqliteFile, sql: Sql, job: JobRow): Promise<boolean> {
  const places = jobColumns.map((_, nth) => `$${nth + 1}`).join(", ");
  const added = await sql.row<{ number: number }>(
    `INSERT INTO job (${jobColumns.join(", ")}) VALUES (${places}) ON CONFLICT (id) DO NOTHING RETURNING number`,
    ...jobColumns.map((column) => job[column]),
  );
  if (added === undefined) return false;
  for (const [table, { columns, order }] of Object.entries(belongings)) {
    const names = Object.keys(columns).map((name) => `"${name}"`);
    const arrays = Object.values(columns).map((type, nth) => `$${nth + 2}::${type}[]`);
    const insert = `INSERT INTO ${table} (job, ${names.join(", ")}) SELECT $1::bigint, * FROM unnest(${arrays.join(", ")})`;
    const select = `SELECT ${names.join(", ")} FROM ${table} WHERE job = ? ORDER BY ${order} LIMIT ? OFFSET ?`;
    for (let at = 0; ; at += rowsAtOnce) {
      const rows = await file.inTurn("read", () => file.all(select, Number(job["number"]), rowsAtOnce, at));
      if (rows.length > 0)
        await sql.run(insert, added.number, ...Object.keys(columns).map((name) => rows.map((row) => row[name])));
      if (rows.length < rowsAtOnce) break;
    }
  }
  return true;
}
