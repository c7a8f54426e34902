import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** A database with the settings of ours. */
export function openByHand(file: string, pageBytes: number, tables: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = ${(16 * 1024 * 1024) / pageBytes}; PRAGMA cache_size = -16384; ${tables}`);
  return db;
}

/** `(?,?),(?,?) …` */
export function places(columns: number, rows: number): string {
  return Array.from({ length: rows }, () => `(${Array.from({ length: columns }, () => "?").join(",")})`).join(",");
}

/** As many rows or keys as one statement takes. Batches in the measurements are multiples of it. */
export const rowsAtOnce = 50;

/** Writes rows with few statements: `many` takes `rowsAtOnce`, `one` the rest, one after the other. */
export function insertRows(many: StatementSync, one: StatementSync, rows: readonly SQLInputValue[][]): void {
  let at = 0;
  for (; at + rowsAtOnce <= rows.length; at += rowsAtOnce) many.run(...rows.slice(at, at + rowsAtOnce).flat());
  for (; at < rows.length; at += 1) one.run(...(rows[at] as SQLInputValue[]));
}
