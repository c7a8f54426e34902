/**
 * Immutable: a store that has it never runs it again. What must change goes into a migration of its own.
 * The schema is written as `throughline`, and may have another name.
 */
export const migration0001 = `
CREATE TABLE throughline.service (
  one integer PRIMARY KEY CHECK (one = 1),
  name text NOT NULL,
  outbox_version integer NOT NULL DEFAULT 1,
  -- The name that the service is renamed to, until it is opened under it, and those that it had before: a JSON array.
  next_name text,
  former_names json NOT NULL DEFAULT '[]'
);

-- Since when each code, known by its version and its handlers, has run on this store.
CREATE TABLE throughline.code (
  code text PRIMARY KEY,
  since_ms bigint NOT NULL
);

CREATE TABLE throughline.handlers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  live_epoch integer NOT NULL,
  own_transactions boolean NOT NULL DEFAULT false,
  overlap_ended boolean NOT NULL DEFAULT false
);

-- The name of the highest rank is the handler's own; the others are what it was renamed from.
CREATE TABLE throughline.handler_names (
  name text PRIMARY KEY,
  rank bigint NOT NULL,
  handler_id integer NOT NULL
);

CREATE TABLE throughline.handler_types (
  handler_id integer NOT NULL,
  type text NOT NULL,
  since_ms bigint NOT NULL,
  PRIMARY KEY (handler_id, type)
);

CREATE TABLE throughline.epochs (
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  command_id text,
  plan json NOT NULL,
  opened_at_ms bigint NOT NULL,
  PRIMARY KEY (handler_id, epoch)
);

-- claim: who runs the cursor's lane, and how often its owners died; JSON of the seam's CursorClaim.
CREATE TABLE throughline.cursors (
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  topic_id text NOT NULL,
  partition integer NOT NULL,
  topic text NOT NULL,
  next_offset bigint NOT NULL,
  origin_offset bigint NOT NULL,
  until_offset bigint,
  log_time_ms bigint NOT NULL,
  reported_offset bigint NOT NULL,
  claim json,
  PRIMARY KEY (handler_id, epoch, topic_id, partition)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- event_key: 16 bytes for a UUID, more or fewer for any other key. outcome: 0 applied, 1 stale, 2 discarded.
CREATE TABLE throughline.inbox (
  handled_at_ms bigint NOT NULL,
  record_offset bigint NOT NULL,
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  record_partition integer NOT NULL,
  duration_micros integer NOT NULL,
  outcome smallint NOT NULL,
  event_key bytea NOT NULL,
  PRIMARY KEY (handler_id, epoch, event_key)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX inbox_by_age ON throughline.inbox (handled_at_ms);

-- is_place: nothing was applied yet, and the row is there only to be locked.
CREATE TABLE throughline.positions (
  sequence bigint NOT NULL,
  baseline bigint NOT NULL,
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  sequence_epoch integer NOT NULL,
  parked integer NOT NULL,
  is_place boolean NOT NULL,
  stream text NOT NULL,
  subject text NOT NULL,
  PRIMARY KEY (handler_id, epoch, stream, subject)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX positions_places ON throughline.positions (handler_id, epoch) WHERE is_place;

CREATE TABLE throughline.lost_sequences (
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  stream text NOT NULL,
  subject text NOT NULL,
  sequence_epoch integer NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (handler_id, epoch, stream, subject, sequence_epoch, first, last)
);

-- lease_process: the process that holds the lease; when it is known to be dead, the lease is free.
CREATE TABLE throughline.parked (
  id bytea PRIMARY KEY,
  added bigint GENERATED ALWAYS AS IDENTITY,
  handler_id integer NOT NULL,
  epoch integer NOT NULL,
  stream text NOT NULL,
  subject text NOT NULL,
  sequence bigint,
  sequence_epoch integer NOT NULL,
  unnumbered smallint GENERATED ALWAYS AS (CASE WHEN sequence IS NULL THEN 1 ELSE 0 END) STORED,
  event_key bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'dead')),
  reason text NOT NULL,
  due_at_ms bigint,
  log_due_ms bigint,
  attempts json NOT NULL,
  handled boolean NOT NULL,
  parked_at_ms bigint NOT NULL,
  lease_owner text,
  lease_until_ms bigint,
  lease_process text,
  edited_by text,
  edited_at_ms bigint,
  edited_value bytea,
  record_topic text NOT NULL,
  record_topic_id text NOT NULL,
  record_partition integer NOT NULL,
  record_offset bigint NOT NULL,
  record_timestamp_ms bigint NOT NULL,
  record_key bytea,
  record_headers json NOT NULL,
  record_value bytea
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX parked_by_subject ON throughline.parked
  (handler_id, epoch, stream, subject, unnumbered, sequence_epoch, sequence, record_partition, record_offset);
CREATE INDEX parked_by_key ON throughline.parked (handler_id, epoch, event_key);
CREATE INDEX parked_by_due ON throughline.parked (handler_id, due_at_ms) WHERE state = 'waiting' AND due_at_ms IS NOT NULL;
CREATE INDEX parked_by_deadline ON throughline.parked (handler_id, log_due_ms) WHERE state = 'waiting' AND log_due_ms IS NOT NULL;
CREATE INDEX parked_by_lease ON throughline.parked (lease_process) WHERE lease_process IS NOT NULL;
CREATE INDEX parked_by_age ON throughline.parked (handler_id, epoch, parked_at_ms);
CREATE INDEX parked_by_reason ON throughline.parked (handler_id, epoch, state, reason);

CREATE TABLE throughline.leases (
  name text PRIMARY KEY,
  owner text NOT NULL,
  until_ms bigint NOT NULL,
  process text NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What on call decided: kind is pause, limit or hold. Without a handler it concerns all of the service.
CREATE TABLE throughline.controls (
  id text PRIMARY KEY,
  kind text NOT NULL,
  handler_id integer,
  subject text,
  tenant text,
  per_second double precision,
  reason text,
  asked_by text NOT NULL,
  at_ms bigint NOT NULL,
  until_ms bigint,
  paid_until_ms double precision NOT NULL DEFAULT 0
);
`;
