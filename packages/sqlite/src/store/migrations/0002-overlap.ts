/** Immutable. Whether a statement ended overlapping for a handler (R4). */
export const migration0002 = `
ALTER TABLE throughline_handlers ADD COLUMN overlap_ended INTEGER NOT NULL DEFAULT 0;
`;
