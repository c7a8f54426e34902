import { controlError } from "../../errors/catalogue.ts";
import type { DatabaseKind } from "../../postgres/migrated-database.ts";

/*
 * Names and ids come from letters that anybody writes, and may be longer than a row of an index can be: they are found by their digest.
 * Names are in the order of their bytes, as in SQLite's file.
 */
const migrations: readonly string[] = [
  `CREATE TABLE throughline_jobs.job (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     id text NOT NULL UNIQUE,
     state text NOT NULL,
     plan text NOT NULL,
     terms text,
     created_ms bigint NOT NULL,
     expires_ms bigint NOT NULL,
     started_ms bigint,
     asked_ms bigint,
     ended_ms bigint,
     total bigint NOT NULL DEFAULT 0,
     next bigint NOT NULL DEFAULT 0,
     stage bigint NOT NULL DEFAULT 0,
     forgiven bigint NOT NULL DEFAULT 0,
     problem text,
     edited bytea
   );
   CREATE INDEX job_by_state ON throughline_jobs.job (state, ended_ms);
   CREATE TABLE throughline_jobs.job_draft_item (
     job bigint NOT NULL, service text COLLATE "C" NOT NULL, handler text COLLATE "C" NOT NULL, topic text COLLATE "C" NOT NULL,
     partition bigint NOT NULL, "offset" bigint NOT NULL, failure_id text COLLATE "C" NOT NULL, facts text NOT NULL, failed_ms bigint NOT NULL,
     version text NOT NULL, subject text, holds boolean NOT NULL, uncertain boolean NOT NULL
   );
   CREATE UNIQUE INDEX job_draft_failure ON throughline_jobs.job_draft_item (job, md5(failure_id));
   CREATE INDEX job_draft_subject ON throughline_jobs.job_draft_item (job, md5(subject)) WHERE holds;
   CREATE TABLE throughline_jobs.job_item (
     job bigint NOT NULL, no bigint NOT NULL, failure_id text NOT NULL, handler text NOT NULL, topic text NOT NULL,
     partition bigint NOT NULL, "offset" bigint NOT NULL, failed_ms bigint NOT NULL, facts text NOT NULL,
     state text NOT NULL DEFAULT 'waiting', detail text, asked_ms bigint, answered_ms bigint,
     PRIMARY KEY (job, no)
   );
   CREATE INDEX job_item_failure ON throughline_jobs.job_item (md5(failure_id), job);
   CREATE INDEX job_item_place ON throughline_jobs.job_item (job, md5(topic), partition, "offset");
   CREATE INDEX job_item_state ON throughline_jobs.job_item (job, state, no);
   CREATE TABLE throughline_jobs.job_left_out (
     no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job bigint NOT NULL, failure_id text NOT NULL, service text, handler text,
     why text NOT NULL
   );
   CREATE UNIQUE INDEX job_left_out_failure ON throughline_jobs.job_left_out (job, md5(failure_id));
   CREATE TABLE throughline_jobs.job_count (
     job bigint NOT NULL, state text NOT NULL, count bigint NOT NULL, PRIMARY KEY (job, state)
   );
   CREATE TABLE throughline_jobs.job_receipts (
     job bigint NOT NULL, partition bigint NOT NULL, "offset" bigint NOT NULL, PRIMARY KEY (job, partition)
   );
   CREATE TABLE throughline_jobs.job_lease (
     only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), holder text NOT NULL, until_at timestamptz NOT NULL
   );`,
];

/** Plans and jobs of several control planes. A plan of a million letters is put in order by one statement, so statements may take a while. */
export const jobDatabase: DatabaseKind = {
  schema: "throughline_jobs",
  migrations,
  lock: "throughline jobs",
  connections: 4,
  statementMs: 120_000,
  unusable: (what, cause) => controlError("REDRIVE_DATABASE_UNUSABLE", { what }, cause),
};
