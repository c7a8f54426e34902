import { controlError } from "../../errors/catalogue.ts";
import type { SqliteFileKind } from "../../sqlite-file/sqlite-file.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    plan TEXT NOT NULL,
    terms TEXT,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    started_ms INTEGER,
    asked_ms INTEGER,
    ended_ms INTEGER,
    total INTEGER NOT NULL DEFAULT 0,
    next INTEGER NOT NULL DEFAULT 0,
    stage INTEGER NOT NULL DEFAULT 0,
    forgiven INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    edited BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS job_by_state ON job (state, ended_ms);
  CREATE TABLE IF NOT EXISTS job_draft_item (
    job INTEGER NOT NULL, service TEXT NOT NULL, handler TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    offset INTEGER NOT NULL, failure_id TEXT NOT NULL, facts TEXT NOT NULL, version TEXT NOT NULL, subject TEXT, holds INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    PRIMARY KEY (job, service, handler, topic, partition, offset, failure_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS job_draft_subject ON job_draft_item (job, service, handler, subject) WHERE holds = 1;
  CREATE TABLE IF NOT EXISTS job_item (
    job INTEGER NOT NULL, no INTEGER NOT NULL, failure_id TEXT NOT NULL, handler TEXT NOT NULL, topic TEXT NOT NULL,
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, failed_ms INTEGER NOT NULL, facts TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', detail TEXT, asked_ms INTEGER, answered_ms INTEGER,
    PRIMARY KEY (job, no)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS job_item_failure ON job_item (failure_id, job);
  CREATE INDEX IF NOT EXISTS job_item_place ON job_item (topic, partition, offset, job);
  CREATE INDEX IF NOT EXISTS job_item_state ON job_item (job, state, no);
  CREATE TABLE IF NOT EXISTS job_left_out (
    job INTEGER NOT NULL, failure_id TEXT NOT NULL, service TEXT, handler TEXT, why TEXT NOT NULL, UNIQUE (job, failure_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS job_count (
    job INTEGER NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (job, state)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS job_receipts (
    job INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (job, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS job_lease (only INTEGER PRIMARY KEY CHECK (only = 1), holder TEXT NOT NULL, until_ms INTEGER NOT NULL) STRICT;`;

/** Jobs are confirmed by a person, and cannot be read from the log again. "TLjb". */
export const jobFile: SqliteFileKind = {
  tables,
  version: 1,
  applicationId: 0x544c6a62,
  durable: true,
  unusable: (details, cause) => controlError("REDRIVE_STORE_UNUSABLE", details, cause),
};
