import type { DatabaseSync } from "node:sqlite";
import { createSchema } from "./create-schema.ts";

/** A partition's records lie side by side: a record's id is its partition's number and its offset in one integer below 2^53. */
export const offsetsPerPartition = 2 ** 36;

/** Each this many offsets, the largest timestamp before that offset is noted, so that offsets are found by time. */
export const offsetsPerTimeMark = 1024;

/** Tables of one file of records. */
export function createLogSchema(db: DatabaseSync, file: string): void {
  createSchema(db, file, [
    `
    CREATE TABLE topic (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      partitions INTEGER NOT NULL,
      retention_ms INTEGER,
      retention_bytes INTEGER,
      compacted INTEGER NOT NULL
    ) STRICT;

    -- AUTOINCREMENT: the number of a deleted topic's partition never comes back, for readers may still know it.
    CREATE TABLE partition (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      topic_id TEXT NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
      partition INTEGER NOT NULL,
      earliest_offset INTEGER NOT NULL DEFAULT 0,
      end_offset INTEGER NOT NULL DEFAULT 0,
      -- The next offset that compaction looks at.
      compacted_offset INTEGER NOT NULL DEFAULT 0,
      -- Of keys, values and headers as stored.
      bytes INTEGER NOT NULL DEFAULT 0,
      max_timestamp_ms INTEGER NOT NULL DEFAULT -9007199254740991,
      UNIQUE (topic_id, partition)
    ) STRICT;

    -- id: partition.number * 2^36 + offset
    CREATE TABLE record (
      id INTEGER PRIMARY KEY,
      timestamp_ms INTEGER NOT NULL,
      key BLOB,
      value BLOB,
      -- See packHeaders.
      headers BLOB
    ) STRICT;

    -- The largest timestamp of all records before the one of the same id: a sparse index, monotonic even where timestamps are not.
    CREATE TABLE time_mark (
      id INTEGER PRIMARY KEY,
      max_timestamp_ms INTEGER NOT NULL
    ) STRICT;

    -- Of compacted topics: where the newest record of a key lies, as far as compaction got.
    CREATE TABLE newest_of_key (
      partition_number INTEGER NOT NULL REFERENCES partition (number) ON DELETE CASCADE,
      key BLOB NOT NULL,
      offset INTEGER NOT NULL,
      PRIMARY KEY (partition_number, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lease (
      name TEXT PRIMARY KEY,
      owner TEXT NOT NULL,
      until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    `,
  ]);
}
