import { controlError } from "../../errors/catalogue.ts";
import type { DatabaseKind } from "../../postgres/migrated-database.ts";

const migrations: readonly string[] = [
  `CREATE TABLE throughline_access.access_key (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), key bytea NOT NULL);
   CREATE TABLE throughline_access.access_user (
     name text PRIMARY KEY,
     password_hash text NOT NULL,
     grants text NOT NULL,
     is_admin boolean NOT NULL,
     is_locked boolean NOT NULL,
     created_ms bigint NOT NULL,
     created_by text NOT NULL,
     logged_in_ms bigint
   );
   CREATE TABLE throughline_access.access_session (
     id text PRIMARY KEY,
     hash text NOT NULL UNIQUE,
     user_name text NOT NULL,
     grants text,
     created_ms bigint NOT NULL,
     seen_ms bigint NOT NULL,
     ends_ms bigint NOT NULL,
     address text NOT NULL,
     agent text NOT NULL
   );
   CREATE INDEX access_session_of ON throughline_access.access_session (user_name);
   CREATE TABLE throughline_access.access_token (
     id text PRIMARY KEY,
     hash text NOT NULL UNIQUE,
     name text NOT NULL UNIQUE,
     grants text NOT NULL,
     created_by text NOT NULL,
     created_ms bigint NOT NULL,
     expires_ms bigint NOT NULL,
     used_ms bigint
   );
   CREATE TABLE throughline_access.access_attempt (bucket integer PRIMARY KEY, full_ms bigint NOT NULL);`,
];

/** Users, sessions and tokens of several control planes. Requests wait for it, so it has connections enough. */
export const accessDatabase: DatabaseKind = {
  schema: "throughline_access",
  migrations,
  lock: "throughline access",
  connections: 8,
  statementMs: 10_000,
  unusable: (what, cause) => controlError("ACCESS_DATABASE_UNUSABLE", { what }, cause),
};
