/** Immutable: a store that has it never runs it again. What must change goes into a migration of its own. */
export const migration0006 = `
-- What the store knows of the numbers that it gave: one row. behind: null, or why its relays stopped, as JSON.
CREATE TABLE throughline_numbering (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id TEXT NOT NULL,
  sequence_epoch INTEGER NOT NULL DEFAULT 0,
  given INTEGER NOT NULL DEFAULT 0,
  round TEXT,
  round_at_ms INTEGER,
  behind TEXT
) STRICT;
INSERT INTO throughline_numbering (one, store_id) VALUES (1, lower(hex(randomblob(16))));
`;
