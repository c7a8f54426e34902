/** A file of another number holds another index: it is thrown away and read from the log again. */
export const indexVersion = 7;

/** Events of one segment share a part of the keys' table, so that a batch touches few of its pages; see decision 26. */
export const eventsInSegment = 40_000;

export const schema = `
CREATE TABLE name (ref INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE place (
  ref INTEGER PRIMARY KEY, topic TEXT NOT NULL, topic_id TEXT, partition INTEGER NOT NULL,
  next INTEGER NOT NULL DEFAULT 0, end INTEGER NOT NULL DEFAULT 0, looked_ms INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0, lost_until_ms INTEGER, undecodable INTEGER NOT NULL DEFAULT 0, problem TEXT,
  gone INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX place_now ON place (topic, partition) WHERE gone = 0;

CREATE TABLE event (
  no INTEGER PRIMARY KEY, place INTEGER NOT NULL, offset INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  id, type INTEGER NOT NULL, source INTEGER NOT NULL, subject TEXT, time,
  correlation, causation, tenant INTEGER, sequence INTEGER, data_version INTEGER
);
CREATE TABLE event_key (
  segment INTEGER NOT NULL, hash INTEGER NOT NULL, no INTEGER NOT NULL, PRIMARY KEY (segment, hash, no)
) WITHOUT ROWID;
CREATE TABLE segment (segment INTEGER PRIMARY KEY, newest_ms INTEGER NOT NULL);
CREATE TABLE segment_span (
  segment INTEGER NOT NULL, place INTEGER NOT NULL, past INTEGER NOT NULL, PRIMARY KEY (segment, place)
) WITHOUT ROWID;

CREATE TABLE handler (ref INTEGER PRIMARY KEY, service INTEGER NOT NULL, name INTEGER NOT NULL, reports INTEGER NOT NULL DEFAULT 0,
  UNIQUE (service, name));
CREATE TABLE receipt_reach (
  place INTEGER NOT NULL, handler INTEGER NOT NULL, lowest INTEGER NOT NULL, highest INTEGER NOT NULL, longest INTEGER NOT NULL,
  PRIMARY KEY (place, handler)
) WITHOUT ROWID;
CREATE TABLE receipt_range (
  place INTEGER NOT NULL, handler INTEGER NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL, epoch INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, version INTEGER NOT NULL, instance INTEGER NOT NULL, applied BLOB NOT NULL,
  PRIMARY KEY (place, handler, first, past, epoch, at_ms)
) WITHOUT ROWID;
CREATE TABLE receipt_told (
  place INTEGER NOT NULL, offset INTEGER NOT NULL, handler INTEGER NOT NULL, told_partition INTEGER NOT NULL,
  told_offset INTEGER NOT NULL, epoch INTEGER NOT NULL, outcome TEXT NOT NULL, failure, body TEXT NOT NULL,
  PRIMARY KEY (place, offset, handler, told_partition, told_offset)
) WITHOUT ROWID;
CREATE INDEX receipt_told_failure ON receipt_told (failure) WHERE failure IS NOT NULL;

CREATE TABLE failure_group (
  ref INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, handler INTEGER NOT NULL, reason TEXT NOT NULL,
  error TEXT NOT NULL, code TEXT, pattern TEXT NOT NULL, frames TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 0, asked INTEGER NOT NULL DEFAULT 0,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, example NOT NULL
);
CREATE INDEX failure_group_open ON failure_group (open DESC, last_ms DESC);
CREATE TABLE failure_group_version (
  failure_group INTEGER NOT NULL, version INTEGER NOT NULL, count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY (failure_group, version)
) WITHOUT ROWID;
CREATE TABLE failure_group_hour (
  failure_group INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (failure_group, hour)
) WITHOUT ROWID;
CREATE TABLE failure_group_tenant (
  failure_group INTEGER NOT NULL, tenant INTEGER NOT NULL, unanswered INTEGER NOT NULL, PRIMARY KEY (failure_group, tenant)
) WITHOUT ROWID;
CREATE TABLE failure (
  no INTEGER PRIMARY KEY, failure_id NOT NULL UNIQUE, handler INTEGER NOT NULL, epoch INTEGER NOT NULL, place INTEGER NOT NULL,
  offset INTEGER NOT NULL, letter_topic INTEGER NOT NULL, letter_partition INTEGER NOT NULL, letter_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, reason TEXT NOT NULL, event, type INTEGER, subject TEXT, correlation, tenant INTEGER,
  error TEXT NOT NULL, code TEXT, message TEXT NOT NULL, attempts INTEGER NOT NULL, failed_ms INTEGER NOT NULL,
  holds INTEGER NOT NULL, failure_group INTEGER NOT NULL, superseded INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'open', asked_action TEXT, asked_by TEXT, asked_ms INTEGER, answer TEXT
);
CREATE INDEX failure_place ON failure (place, offset, handler);
CREATE INDEX failure_in_group ON failure (failure_group, failed_ms);
CREATE INDEX failure_unanswered ON failure (failure_group, failed_ms) WHERE superseded = 0 AND state <> 'answered';
CREATE INDEX failure_time ON failure (failed_ms);
CREATE INDEX failure_event ON failure (event);
CREATE INDEX failure_subject ON failure (subject);
CREATE INDEX failure_correlation ON failure (correlation);

CREATE TABLE rebuild (handler INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
CREATE TABLE audit (partition INTEGER NOT NULL, offset INTEGER NOT NULL, failure, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (partition, offset)) WITHOUT ROWID;
CREATE INDEX audit_time ON audit (at_ms, partition, offset);
CREATE INDEX audit_about ON audit (json_extract(body, '$.about')) WHERE json_extract(body, '$.about') IS NOT NULL;
CREATE INDEX audit_failure ON audit (failure) WHERE failure IS NOT NULL;
CREATE TABLE latest (topic TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, first_ms INTEGER NOT NULL, PRIMARY KEY (topic, key)) WITHOUT ROWID;
CREATE TABLE version_seen (
  service INTEGER NOT NULL, version INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY (service, version)
) WITHOUT ROWID;
CREATE TABLE type_seen (
  type INTEGER NOT NULL, source INTEGER NOT NULL, data_version INTEGER NOT NULL, count INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, place INTEGER NOT NULL, offset INTEGER NOT NULL,
  PRIMARY KEY (type, source, data_version)
) WITHOUT ROWID;
CREATE TABLE traffic (
  minute INTEGER NOT NULL, topic TEXT NOT NULL, type INTEGER NOT NULL, source INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (minute, topic, type, source)
) WITHOUT ROWID;
CREATE TABLE committed (
  consumer TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  candidate INTEGER NOT NULL, candidate_ms INTEGER NOT NULL, settled INTEGER, PRIMARY KEY (consumer, topic, partition)
) WITHOUT ROWID;

CREATE TABLE log_line (
  no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kept_ms INTEGER NOT NULL, level INTEGER NOT NULL, service INTEGER NOT NULL,
  flow_hash INTEGER, event_hash INTEGER, correlation TEXT, event TEXT, handler INTEGER, attempt INTEGER, size INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX log_line_flow ON log_line (flow_hash, at_ms) WHERE flow_hash IS NOT NULL;
CREATE INDEX log_line_event ON log_line (event_hash, at_ms) WHERE event_hash IS NOT NULL;
CREATE TABLE log_gap (
  service INTEGER NOT NULL, instance INTEGER NOT NULL, count INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, kept_ms INTEGER NOT NULL
);
CREATE INDEX log_gap_time ON log_gap (to_ms);
CREATE INDEX log_gap_kept ON log_gap (kept_ms);
CREATE TABLE log_size (bytes INTEGER NOT NULL);
INSERT INTO log_size VALUES (0);
`;
