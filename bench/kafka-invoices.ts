import type { BenchDatabase } from "./bench-services.ts";

/** The effect of the rows on PostgreSQL: one row for each event. */
export const invoicesInPostgres =
  "CREATE TABLE invoices (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text NOT NULL, total bigint NOT NULL);";

/** Throws unless each of the first `events` events had its effect once. Their totals are 0, 1, 2 … */
export async function checkInvoices(database: BenchDatabase, events: number): Promise<void> {
  const [row] = await database.query(
    "SELECT count(*)::int AS count, count(DISTINCT total)::int AS different, coalesce(max(total), -1)::int AS last FROM invoices",
  );
  if (row?.["count"] !== events || row["different"] !== events || row["last"] !== events - 1)
    throw new Error(`${events} events were to have one row each, and there are: ${JSON.stringify(row)}`);
}
