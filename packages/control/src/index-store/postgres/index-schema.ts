/** Tables of another number hold another index: they are thrown away, and it is read from the log again. */
export const indexVersion = 4;

/** Events that go together when retention removes the oldest. */
export const eventsInSegment = 40_000;

/*
 * Texts that anybody writes may be longer than a row of an index can be: they are found by their digest, or by their beginning.
 */
export const indexSchema = `
CREATE TABLE name (ref bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL);
CREATE UNIQUE INDEX name_text ON name (md5(text));

CREATE TABLE place (
  ref bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, topic_id text, partition bigint NOT NULL,
  next bigint NOT NULL DEFAULT 0, "end" bigint NOT NULL DEFAULT 0, looked_ms bigint NOT NULL DEFAULT 0,
  lost bigint NOT NULL DEFAULT 0, lost_until_ms bigint, undecodable bigint NOT NULL DEFAULT 0, problem text,
  gone boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX place_now ON place (md5(topic), partition) WHERE NOT gone;

CREATE TABLE event (
  no bigint PRIMARY KEY, place bigint NOT NULL, "offset" bigint NOT NULL, at_ms bigint NOT NULL,
  id text NOT NULL, type bigint NOT NULL, source bigint NOT NULL, subject text, time text,
  correlation text, causation text, tenant bigint, sequence bigint, data_version bigint,
  flow_hash bigint NOT NULL, id_hash bigint NOT NULL, subject_hash bigint
);
CREATE INDEX event_flow ON event (flow_hash);
CREATE INDEX event_id ON event (id_hash);
CREATE INDEX event_subject ON event (subject_hash, no) WHERE subject_hash IS NOT NULL;
CREATE TABLE segment (segment bigint PRIMARY KEY, newest_ms bigint NOT NULL, bytes bigint NOT NULL);
CREATE TABLE segment_span (segment bigint NOT NULL, place bigint NOT NULL, past bigint NOT NULL, PRIMARY KEY (segment, place));

CREATE TABLE handler (
  ref bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, service bigint NOT NULL, name bigint NOT NULL, reports boolean NOT NULL DEFAULT false,
  UNIQUE (service, name)
);
CREATE TABLE receipt_reach (
  place bigint NOT NULL, handler bigint NOT NULL, lowest bigint NOT NULL, highest bigint NOT NULL, longest bigint NOT NULL,
  PRIMARY KEY (place, handler)
);
CREATE TABLE receipt_range (
  place bigint NOT NULL, handler bigint NOT NULL, first bigint NOT NULL, past bigint NOT NULL, epoch bigint NOT NULL, at_ms bigint NOT NULL,
  version bigint NOT NULL, instance bigint NOT NULL, applied bytea NOT NULL, PRIMARY KEY (place, handler, first, past, epoch, at_ms)
);
CREATE TABLE receipt_told (
  place bigint NOT NULL, "offset" bigint NOT NULL, handler bigint NOT NULL, told_partition bigint NOT NULL, told_offset bigint NOT NULL,
  epoch bigint NOT NULL, outcome text NOT NULL, reason text, failure text, body text NOT NULL,
  PRIMARY KEY (place, "offset", handler, told_partition, told_offset)
);
CREATE INDEX receipt_told_failure ON receipt_told (md5(failure)) WHERE failure IS NOT NULL;

CREATE TABLE failure_group (
  ref bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, fingerprint text NOT NULL UNIQUE, handler bigint NOT NULL, reason text NOT NULL,
  error text NOT NULL, code text, pattern text NOT NULL, frames text NOT NULL,
  count bigint NOT NULL DEFAULT 0, open bigint NOT NULL DEFAULT 0, asked bigint NOT NULL DEFAULT 0,
  first_ms bigint NOT NULL, last_ms bigint NOT NULL, example text NOT NULL
);
CREATE INDEX failure_group_open ON failure_group (open DESC, last_ms DESC);
CREATE TABLE failure_group_version (
  failure_group bigint NOT NULL, version bigint NOT NULL, count bigint NOT NULL, first_ms bigint NOT NULL, last_ms bigint NOT NULL,
  PRIMARY KEY (failure_group, version)
);
CREATE TABLE failure_group_hour (
  failure_group bigint NOT NULL, hour bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (failure_group, hour)
);
CREATE TABLE failure_group_tenant (
  failure_group bigint NOT NULL, tenant bigint NOT NULL, unanswered bigint NOT NULL, PRIMARY KEY (failure_group, tenant)
);
CREATE TABLE failure (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, failure_id text NOT NULL, handler bigint NOT NULL, epoch bigint NOT NULL,
  place bigint NOT NULL, "offset" bigint NOT NULL, letter_topic bigint NOT NULL, letter_partition bigint NOT NULL, letter_offset bigint NOT NULL,
  version bigint NOT NULL, reason text NOT NULL, event text, type bigint, subject text, correlation text, tenant bigint,
  error text NOT NULL, code text, message text NOT NULL, attempts bigint NOT NULL, failed_ms bigint NOT NULL,
  holds boolean NOT NULL, failure_group bigint NOT NULL, superseded integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'open', asked_action text, asked_by text, asked_ms bigint, answer text
);
CREATE UNIQUE INDEX failure_id ON failure (md5(failure_id));
CREATE INDEX failure_place ON failure (place, "offset", handler);
CREATE INDEX failure_in_group ON failure (failure_group, failed_ms, no);
CREATE INDEX failure_unanswered ON failure (failure_group, failed_ms, no) WHERE superseded = 0 AND state <> 'answered';
CREATE INDEX failure_time ON failure (failed_ms, no);
CREATE INDEX failure_id_begins ON failure (left(failure_id, 64) text_pattern_ops);
CREATE INDEX failure_event_begins ON failure (left(event, 64) text_pattern_ops);
CREATE INDEX failure_subject_begins ON failure (left(subject, 64) text_pattern_ops);
CREATE INDEX failure_correlation_begins ON failure (left(correlation, 64) text_pattern_ops);

CREATE TABLE rebuild (handler bigint PRIMARY KEY, epoch bigint NOT NULL);
CREATE TABLE audit (
  partition bigint NOT NULL, "offset" bigint NOT NULL, failure text, about text, service text, handler text, action text NOT NULL,
  by_whom text NOT NULL, at_ms bigint NOT NULL, body text NOT NULL, PRIMARY KEY (partition, "offset")
);
CREATE INDEX audit_failure ON audit (md5(failure)) WHERE failure IS NOT NULL;
CREATE INDEX audit_time ON audit (at_ms, partition, "offset");
CREATE INDEX audit_about ON audit (at_ms) WHERE about IS NOT NULL;
CREATE TABLE latest (topic text NOT NULL, key text NOT NULL, value bytea NOT NULL, first_ms bigint NOT NULL);
CREATE UNIQUE INDEX latest_key ON latest (topic, md5(key));
CREATE TABLE version_seen (
  service bigint NOT NULL, version bigint NOT NULL, first_ms bigint NOT NULL, last_ms bigint NOT NULL, PRIMARY KEY (service, version)
);
CREATE TABLE type_seen (
  type bigint NOT NULL, source bigint NOT NULL, data_version bigint NOT NULL, count bigint NOT NULL,
  first_ms bigint NOT NULL, last_ms bigint NOT NULL, place bigint NOT NULL, "offset" bigint NOT NULL, PRIMARY KEY (type, source, data_version)
);
CREATE TABLE traffic (
  minute bigint NOT NULL, topic text NOT NULL, type bigint NOT NULL, source bigint NOT NULL, count bigint NOT NULL,
  PRIMARY KEY (minute, topic, type, source)
);
CREATE TABLE committed (
  consumer text NOT NULL, topic text NOT NULL, partition bigint NOT NULL, "offset" bigint NOT NULL,
  candidate bigint NOT NULL, candidate_ms bigint NOT NULL, settled bigint
);
CREATE UNIQUE INDEX committed_of ON committed (md5(consumer), topic, partition);

CREATE TABLE log_line (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at_ms bigint NOT NULL, kept_ms bigint NOT NULL, level bigint NOT NULL, service text NOT NULL,
  flow_hash bigint, event_hash bigint, correlation text, event text, handler text, attempt bigint, size bigint NOT NULL, body text NOT NULL
);
CREATE INDEX log_line_flow ON log_line (flow_hash, at_ms) WHERE flow_hash IS NOT NULL;
CREATE INDEX log_line_event ON log_line (event_hash, at_ms) WHERE event_hash IS NOT NULL;
CREATE TABLE log_gap (
  service text NOT NULL, instance text NOT NULL, count bigint NOT NULL, from_ms bigint NOT NULL, to_ms bigint NOT NULL, kept_ms bigint NOT NULL
);
CREATE INDEX log_gap_time ON log_gap (to_ms);
CREATE INDEX log_gap_kept ON log_gap (kept_ms);
CREATE TABLE log_size (bytes bigint NOT NULL);
INSERT INTO log_size VALUES (0);
`;
