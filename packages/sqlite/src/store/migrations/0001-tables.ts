/** Immutable: a store that has it never runs it again. What must change goes into a migration of its own. */
export const migration0001 = `
CREATE TABLE throughline_service (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  name TEXT NOT NULL,
  outbox_version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE throughline_handlers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  live_epoch INTEGER NOT NULL,
  own_transactions INTEGER NOT NULL,
  control TEXT NOT NULL
) STRICT;

-- The newest name is the handler's own; the others are what it was renamed from.
CREATE TABLE throughline_handler_names (
  rank INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  handler_id INTEGER NOT NULL
) STRICT;

CREATE TABLE throughline_handler_types (
  handler_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (handler_id, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE throughline_epochs (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  command_id TEXT,
  plan TEXT NOT NULL,
  opened_at_ms INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE throughline_cursors (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  topic_id TEXT NOT NULL,
  partition INTEGER NOT NULL,
  topic TEXT NOT NULL,
  next_offset INTEGER NOT NULL,
  origin_offset INTEGER NOT NULL,
  until_offset INTEGER,
  log_time_ms INTEGER NOT NULL,
  reported_offset INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch, topic_id, partition)
) STRICT, WITHOUT ROWID;

-- event_key: 16 bytes for a UUID, text for any other key. outcome: 0 applied, 1 stale, 2 discarded.
CREATE TABLE throughline_inbox (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  event_key ANY NOT NULL,
  record_partition INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  handled_at_ms INTEGER NOT NULL,
  duration_micros INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch, event_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX throughline_inbox_by_age ON throughline_inbox (handled_at_ms);

CREATE TABLE throughline_positions (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  stream TEXT NOT NULL,
  subject TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  sequence_epoch INTEGER NOT NULL,
  baseline INTEGER NOT NULL,
  parked INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch, stream, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE throughline_lost_sequences (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  stream TEXT NOT NULL,
  subject TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch, stream, subject, first, last)
) STRICT, WITHOUT ROWID;

-- lease_process: the process that holds the lease; when it is dead, the lease is free.
CREATE TABLE throughline_parked (
  id ANY NOT NULL PRIMARY KEY,
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  stream TEXT NOT NULL,
  subject TEXT NOT NULL,
  sequence INTEGER,
  sequence_epoch INTEGER NOT NULL,
  event_key ANY NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
  reason TEXT NOT NULL,
  due_at_ms INTEGER,
  log_due_ms INTEGER,
  attempts TEXT NOT NULL,
  handled INTEGER NOT NULL,
  parked_at_ms INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until_ms INTEGER,
  lease_process TEXT,
  edited_by TEXT,
  edited_at_ms INTEGER,
  edited_value BLOB,
  record_topic TEXT NOT NULL,
  record_topic_id TEXT NOT NULL,
  record_partition INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  record_timestamp_ms INTEGER NOT NULL,
  record_key BLOB,
  record_headers TEXT NOT NULL,
  record_value BLOB
) STRICT;
CREATE INDEX throughline_parked_by_subject ON throughline_parked
  (handler_id, epoch, stream, subject, sequence IS NULL, sequence_epoch, sequence, record_partition, record_offset);
CREATE INDEX throughline_parked_by_key ON throughline_parked (handler_id, epoch, event_key);
CREATE INDEX throughline_parked_by_due ON throughline_parked (handler_id, due_at_ms) WHERE state = 'waiting' AND due_at_ms IS NOT NULL;
CREATE INDEX throughline_parked_by_deadline ON throughline_parked (handler_id, log_due_ms) WHERE state = 'waiting' AND log_due_ms IS NOT NULL;
CREATE INDEX throughline_parked_by_lease ON throughline_parked (lease_process) WHERE lease_process IS NOT NULL;
CREATE INDEX throughline_parked_by_age ON throughline_parked (handler_id, epoch, parked_at_ms);
CREATE INDEX throughline_parked_by_reason ON throughline_parked (handler_id, epoch, state, reason);

-- Public: other languages insert into it (docs/reference/outbox-table.md). It holds what was not sent yet.
CREATE TABLE throughline_outbox (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  subject TEXT,
  created_at_ms INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
  once INTEGER NOT NULL DEFAULT 0 CHECK (once IN (0, 1)),
  headers TEXT NOT NULL DEFAULT '[]' CHECK (json_type(headers) IN ('array', 'object')),
  key ANY CHECK (typeof(key) IN ('null', 'text', 'blob')),
  value ANY CHECK (typeof(value) IN ('null', 'text', 'blob'))
) STRICT;

-- Rows of subjects that are stopped, with the refusal on those that the log refused: apart, so that nobody reads past them.
CREATE TABLE throughline_outbox_held (
  ticket INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  subject TEXT,
  created_at_ms INTEGER NOT NULL,
  once INTEGER NOT NULL,
  headers TEXT NOT NULL,
  key ANY,
  value ANY,
  error TEXT,
  stopped_at_ms INTEGER
) STRICT;
CREATE INDEX throughline_outbox_held_by_subject ON throughline_outbox_held (topic, subject);
CREATE INDEX throughline_outbox_stopped ON throughline_outbox_held (ticket) WHERE stopped_at_ms IS NOT NULL;

-- The numbers of rows that were not sent yet. Apart, because writing them into the rows would write each row twice.
CREATE TABLE throughline_outbox_numbers (
  ticket INTEGER PRIMARY KEY,
  sequence INTEGER NOT NULL,
  sequence_epoch INTEGER NOT NULL
) STRICT;

-- The last number that each subject's events were given.
CREATE TABLE throughline_subjects (
  topic TEXT NOT NULL,
  subject TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  sequence_epoch INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, subject)
) STRICT, WITHOUT ROWID;

-- Ids that callers gave, as long as they are remembered.
CREATE TABLE throughline_outbox_ids (
  event_id TEXT NOT NULL PRIMARY KEY,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throughline_outbox_ids_by_age ON throughline_outbox_ids (created_at_ms);

-- A row that comes back from throughline_outbox_held is no second publish.
CREATE TRIGGER throughline_outbox_once BEFORE INSERT ON throughline_outbox
WHEN NEW.once = 1
  AND EXISTS (SELECT 1 FROM throughline_outbox_ids WHERE event_id = NEW.event_id)
  AND NOT EXISTS (SELECT 1 FROM throughline_outbox_held WHERE ticket = NEW.ticket)
BEGIN
  SELECT RAISE(IGNORE);
END;
CREATE TRIGGER throughline_outbox_remember AFTER INSERT ON throughline_outbox
WHEN NEW.once = 1
BEGIN
  INSERT OR IGNORE INTO throughline_outbox_ids (event_id, created_at_ms) VALUES (NEW.event_id, NEW.created_at_ms);
END;

CREATE TABLE throughline_leases (
  name TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  process TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
