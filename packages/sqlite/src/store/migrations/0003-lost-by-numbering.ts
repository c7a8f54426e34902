/** Immutable: a store that has it never runs it again. What must change goes into a migration of its own. */
export const migration0003 = `
-- Lost numbers belong to one numbering (sequenceepoch) of their subject.
CREATE TABLE throughline_lost_numbers (
  handler_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  stream TEXT NOT NULL,
  subject TEXT NOT NULL,
  sequence_epoch INTEGER NOT NULL DEFAULT 0,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (handler_id, epoch, stream, subject, sequence_epoch, first, last)
) STRICT, WITHOUT ROWID;
INSERT INTO throughline_lost_numbers (handler_id, epoch, stream, subject, first, last)
  SELECT handler_id, epoch, stream, subject, first, last FROM throughline_lost_sequences;
-- Under the name that the release before this one writes to.
DROP TABLE throughline_lost_sequences;
ALTER TABLE throughline_lost_numbers RENAME TO throughline_lost_sequences;
`;
