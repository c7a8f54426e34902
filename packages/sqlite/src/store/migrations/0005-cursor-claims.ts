/** Who runs a cursor's lane, and how often its owners died: JSON of the seam's CursorClaim. Older code leaves it alone. */
export const migration0005 = `
ALTER TABLE throughline_cursors ADD COLUMN claim TEXT;
`;
