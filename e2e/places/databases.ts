export type Row = Record<string, string | number | null>;

/**
 * Looks into the services' own databases, reading only. Throughline's own tables are named as on SQLite, `throughline_cursors`, and
 * bytes are asked for as there: `hex(id)`.
 * A database or table that is not there yet holds no rows.
 */
export interface Databases {
  all(service: string, sql: string, ...parameters: (string | number)[]): Promise<Row[]>;
  number(service: string, sql: string): Promise<number>;
  close(): Promise<void>;
}

export const firstNumber = (rows: readonly Row[]): number => Number(Object.values(rows[0] ?? { n: 0 })[0]);
