/** Statements on a connection, or in a transaction. */
export interface Sql {
  rows<Row>(sql: string, ...values: readonly unknown[]): Promise<Row[]>;
  row<Row>(sql: string, ...values: readonly unknown[]): Promise<Row | undefined>;
  /** Answers with the number of rows that changed. */
  run(sql: string, ...values: readonly unknown[]): Promise<number>;
}

/** What of the driver's result is used. */
type Query = (sql: string, values: unknown[]) => Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;

export const sqlOn = (query: Query): Sql => ({
  rows: async <Row>(sql: string, ...values: readonly unknown[]) => (await query(sql, [...values])).rows as Row[],
  row: async <Row>(sql: string, ...values: readonly unknown[]) => (await query(sql, [...values])).rows[0] as Row | undefined,
  run: async (sql: string, ...values: readonly unknown[]) => (await query(sql, [...values])).rowCount ?? 0,
});
