import { controlError } from "../errors/catalogue.ts";
import type { SqliteFileKind } from "../sqlite-file/sqlite-file.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS lag_lease (only INTEGER PRIMARY KEY CHECK (only = 1), holder TEXT NOT NULL, until_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS lag_group (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lag_ends (
    topic_id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    points TEXT NOT NULL,
    PRIMARY KEY (topic_id, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lag_incident (
    id TEXT PRIMARY KEY,
    group_name TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    incident TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lag_incident_by_time ON lag_incident (opened_ms);
  CREATE TABLE IF NOT EXISTS lag_acknowledgement (
    incident_id TEXT PRIMARY KEY,
    by_whom TEXT NOT NULL,
    note TEXT,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lag_silence (
    id TEXT PRIMARY KEY,
    groups TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    by_whom TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lag_delivery (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    incident_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    alert TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    attempted_ms INTEGER,
    next_ms INTEGER,
    error TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lag_delivery_waiting ON lag_delivery (incident_id, channel, number) WHERE next_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS lag_history (
    group_name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    behind INTEGER NOT NULL,
    behind_ms INTEGER,
    status TEXT NOT NULL,
    partitions TEXT NOT NULL,
    PRIMARY KEY (group_name, at_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS lag_history_by_time ON lag_history (at_ms);`;

/** The watcher's file. What it tells is known again after the next sample. */
export const lagFile: SqliteFileKind = {
  tables,
  version: 1,
  durable: false,
  unusable: (details, cause) => controlError("LAG_STORE_UNUSABLE", details, cause),
};
