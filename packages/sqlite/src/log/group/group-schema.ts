import type { DatabaseSync } from "node:sqlite";
import { createSchema } from "../create-schema.ts";

/** Tables of the file of consumer groups. */
export function createGroupSchema(db: DatabaseSync, file: string): void {
  createSchema(db, file, [
    `
    CREATE TABLE member (
      group_name TEXT NOT NULL,
      id TEXT NOT NULL,
      instance_id TEXT,
      -- See process-identity.ts.
      process TEXT NOT NULL,
      -- JSON array of names.
      topics TEXT NOT NULL,
      session_ms INTEGER NOT NULL,
      -- The machine's clock, see machine-clock.ts.
      heartbeat_ms INTEGER NOT NULL,
      PRIMARY KEY (group_name, id)
    ) STRICT, WITHOUT ROWID;

    -- The owner reads the partition; the target shall. A row's owner is only ever set while it is null.
    CREATE TABLE assignment (
      group_name TEXT NOT NULL,
      topic_id TEXT NOT NULL,
      partition INTEGER NOT NULL,
      topic TEXT NOT NULL,
      owner TEXT,
      target TEXT,
      -- Rises with each new owner: what an earlier ownership wrote is refused.
      generation INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (group_name, topic_id, partition)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE committed (
      group_name TEXT NOT NULL,
      topic_id TEXT NOT NULL,
      partition INTEGER NOT NULL,
      topic TEXT NOT NULL,
      next_offset INTEGER NOT NULL,
      PRIMARY KEY (group_name, topic_id, partition)
    ) STRICT, WITHOUT ROWID;
    `,
    "ALTER TABLE member ADD COLUMN client_id TEXT",
  ]);
}
