/** Immutable: a store that has it never runs it again. */
export const migration0007 = `
-- The name that the service is renamed to, until it is opened under it, and those that it had before: a JSON array.
ALTER TABLE throughline_service ADD COLUMN next_name TEXT;
ALTER TABLE throughline_service ADD COLUMN former_names TEXT NOT NULL DEFAULT '[]';

-- Since when each code, known by its version and its handlers, has run on this store.
CREATE TABLE throughline_code (
  code TEXT NOT NULL PRIMARY KEY,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
