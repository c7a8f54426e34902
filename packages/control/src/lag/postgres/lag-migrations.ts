import { controlError } from "../../errors/catalogue.ts";
import type { DatabaseKind } from "../../postgres/migrated-database.ts";

const migrations: readonly string[] = [
  `CREATE TABLE throughline_lag.lease (
     only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
     holder text NOT NULL,
     until_ms bigint NOT NULL
   );
   CREATE TABLE throughline_lag.consumer_group (name text PRIMARY KEY, record text NOT NULL);
   CREATE TABLE throughline_lag.ends (
     topic_id text NOT NULL,
     partition integer NOT NULL,
     points text NOT NULL,
     PRIMARY KEY (topic_id, partition)
   );
   CREATE TABLE throughline_lag.incident (
     id text PRIMARY KEY,
     group_name text NOT NULL,
     opened_ms bigint NOT NULL,
     ended_ms bigint,
     incident text NOT NULL
   );
   CREATE INDEX incident_by_time ON throughline_lag.incident (opened_ms);
   CREATE TABLE throughline_lag.acknowledgement (
     incident_id text PRIMARY KEY,
     by_whom text NOT NULL,
     note text,
     at_ms bigint NOT NULL
   );
   CREATE TABLE throughline_lag.silence (
     id text PRIMARY KEY,
     groups text NOT NULL,
     from_ms bigint NOT NULL,
     until_ms bigint NOT NULL,
     reason text NOT NULL,
     by_whom text NOT NULL
   );
   CREATE TABLE throughline_lag.delivery (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     id text NOT NULL UNIQUE,
     incident_id text NOT NULL,
     channel text NOT NULL,
     kind text NOT NULL,
     alert text NOT NULL,
     attempts integer NOT NULL DEFAULT 0,
     created_ms bigint NOT NULL,
     attempted_ms bigint,
     next_ms bigint,
     error text
   );
   CREATE INDEX delivery_waiting ON throughline_lag.delivery (incident_id, channel, number) WHERE next_ms IS NOT NULL;
   CREATE TABLE throughline_lag.history (
     group_name text NOT NULL,
     at_ms bigint NOT NULL,
     behind bigint NOT NULL,
     behind_ms bigint,
     status text NOT NULL,
     partitions text NOT NULL,
     PRIMARY KEY (group_name, at_ms)
   );
   CREATE INDEX history_by_time ON throughline_lag.history (at_ms);`,
];

/** The tables of the watcher. */
export const lagDatabase: DatabaseKind = {
  schema: "throughline_lag",
  migrations,
  lock: "throughline lag",
  connections: 4,
  statementMs: 15_000,
  unusable: (what, cause) => controlError("LAG_DATABASE_UNUSABLE", { what }, cause),
};
