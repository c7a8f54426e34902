/**
 * Immutable: a store that has it never runs it again. What must change goes into a migration of its own.
 *
 * Order is that of the tickets, which are drawn while committing, under a lock for each subject that is held until the commit is
 * visible. The trigger is called for each row, and does all of its transaction at the first one: a setting that lives as long as
 * the transaction says how far it has come.
 */
export const migration0002 = `
-- Public: other languages insert into it (docs/reference/outbox-table.md). It holds what was not sent yet.
CREATE TABLE throughline.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL,
  topic text NOT NULL,
  subject text,
  created_at_ms bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
  once boolean NOT NULL DEFAULT false,
  headers json NOT NULL DEFAULT '[]',
  key bytea,
  value bytea,
  written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000);

-- The order of sending, and the number of each row within its subject, once it has one.
CREATE TABLE throughline.outbox_tickets (
  ticket bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id bigint NOT NULL,
  sequence bigint,
  sequence_epoch integer
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- Tickets of subjects that are stopped, with the refusal on those that the log refused: apart, so that nobody reads past them.
CREATE TABLE throughline.outbox_held (
  ticket bigint PRIMARY KEY,
  id bigint NOT NULL,
  sequence bigint,
  sequence_epoch integer,
  topic text NOT NULL,
  subject text,
  error json,
  stopped_at_ms bigint
);
CREATE INDEX outbox_held_by_subject ON throughline.outbox_held (topic, subject);
CREATE INDEX outbox_stopped ON throughline.outbox_held (ticket) WHERE stopped_at_ms IS NOT NULL;

-- The last number that each subject's events were given.
CREATE TABLE throughline.subjects (
  sequence bigint NOT NULL,
  sequence_epoch integer NOT NULL,
  stopped boolean NOT NULL DEFAULT false,
  topic text NOT NULL,
  subject text NOT NULL,
  PRIMARY KEY (topic, subject)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Ids that callers gave, as long as they are remembered.
CREATE TABLE throughline.outbox_ids (
  event_id text PRIMARY KEY,
  created_at_ms bigint NOT NULL
);
CREATE INDEX outbox_ids_by_age ON throughline.outbox_ids (created_at_ms);

-- What the store knows of the numbers that it gave: one row. behind: null, or why its relays stopped, as JSON.
CREATE TABLE throughline.numbering (
  one integer PRIMARY KEY CHECK (one = 1),
  store_id text NOT NULL,
  sequence_epoch integer NOT NULL DEFAULT 0,
  given bigint NOT NULL DEFAULT 0,
  round text,
  round_at_ms bigint,
  behind json
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO throughline.numbering (one, store_id) VALUES (1, replace(gen_random_uuid()::text, '-', ''));

-- Draws the tickets of all rows that this transaction wrote, from the first on, and answers with the last of them. As the owner of
-- the tables: who publishes needs no right but to insert into throughline.outbox. Plans that were made for an empty table are kept:
-- none of them may read all of a full one.
CREATE FUNCTION throughline.draw_tickets(first bigint) RETURNS bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  mine xid8 := pg_current_xact_id();
  written record;
  rows_written integer := 0;
  last bigint := first;
  has_once boolean := false;
  keys bigint[] := '{}';
  key bigint;
BEGIN
  FOR written IN
    SELECT o.id, o.event_id, o.topic, o.subject, o.once FROM throughline.outbox AS o WHERE o.id >= first AND o.written_in = mine
  LOOP
    rows_written := rows_written + 1;
    IF written.id > last THEN last := written.id; END IF;
    IF written.subject IS NOT NULL THEN
      keys := array_append(keys, hashtextextended('throughline ' || written.topic || ' ' || written.subject, 1));
    END IF;
    IF written.once THEN
      has_once := true;
      keys := array_append(keys, hashtextextended('throughline ' || written.event_id, 2));
    END IF;
  END LOOP;
  IF rows_written = 0 THEN RETURN last; END IF;
  IF cardinality(keys) > 1 THEN
    SELECT array_agg(DISTINCT k ORDER BY k) INTO keys FROM unnest(keys) AS k;
  END IF;

  -- Conditions, for they cost a tenth of a statement each.
  IF cardinality(keys) > 64 THEN
    -- The server has room for so many locks only: one that excludes all others instead.
    IF pg_advisory_xact_lock(hashtextextended('throughline ', 3)) IS NULL THEN NULL; END IF;
  ELSIF cardinality(keys) > 0 THEN
    IF pg_advisory_xact_lock_shared(hashtextextended('throughline ', 3)) IS NULL THEN NULL; END IF;
    FOREACH key IN ARRAY keys LOOP
      IF pg_advisory_xact_lock(key) IS NULL THEN NULL; END IF;
    END LOOP;
  END IF;

  IF has_once THEN
    DELETE FROM throughline.outbox AS o WHERE o.id >= first AND o.written_in = mine AND o.once AND (
      EXISTS (SELECT 1 FROM throughline.outbox_ids AS i WHERE i.event_id = o.event_id)
      OR EXISTS (SELECT 1 FROM throughline.outbox AS e
        WHERE e.id >= first AND e.id < o.id AND e.written_in = mine AND e.once AND e.event_id = o.event_id));
    INSERT INTO throughline.outbox_ids (event_id, created_at_ms)
      SELECT o.event_id, o.created_at_ms FROM throughline.outbox AS o WHERE o.id >= first AND o.written_in = mine AND o.once;
  END IF;

  IF rows_written = 1 AND NOT has_once THEN
    INSERT INTO throughline.outbox_tickets (id) VALUES (last);
  ELSE
    INSERT INTO throughline.outbox_tickets (id)
      SELECT o.id FROM throughline.outbox AS o WHERE o.id >= first AND o.written_in = mine ORDER BY o.id;
  END IF;
  RETURN last;
END $$;

-- Once for each row, and the first time for all.
CREATE FUNCTION throughline.commit_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id > coalesce(nullif(pg_catalog.current_setting('throughline_drawn.throughline', true), ''), '0')::bigint THEN
    IF pg_catalog.set_config('throughline_drawn.throughline', throughline.draw_tickets(NEW.id)::text, true) IS NULL THEN NULL; END IF;
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER outbox_tickets AFTER INSERT ON throughline.outbox
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION throughline.commit_outbox();
`;
