import { controlError } from "../errors/catalogue.ts";
import type { SqliteFileKind } from "../sqlite-file/sqlite-file.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS access_key (only INTEGER PRIMARY KEY CHECK (only = 1), key BLOB NOT NULL) STRICT;
  INSERT INTO access_key VALUES (1, randomblob(32)) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS access_user (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    grants TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    is_locked INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    logged_in_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS access_session (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    user_name TEXT NOT NULL,
    grants TEXT,
    created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS access_session_of ON access_session (user_name);
  CREATE TABLE IF NOT EXISTS access_token (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    grants TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS access_attempt (bucket INTEGER PRIMARY KEY, full_ms INTEGER NOT NULL) STRICT;`;

/** The file of users, sessions and tokens: what was answered stays. */
export const accessFile: SqliteFileKind = {
  tables,
  version: 1,
  durable: true,
  unusable: (details, cause) => controlError("ACCESS_STORE_UNUSABLE", details, cause),
};
