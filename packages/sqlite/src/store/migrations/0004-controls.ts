/** Immutable: a store that has it never runs it again. */
export const migration0004 = `
-- What on call decided: kind is pause, limit or hold. Without a handler it concerns all of the service.
CREATE TABLE throughline_controls (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  handler_id INTEGER,
  subject TEXT,
  tenant TEXT,
  per_second REAL,
  reason TEXT,
  asked_by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  until_ms INTEGER,
  paid_until_ms REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
`;
