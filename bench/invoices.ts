/** The effect that the measurements have: one row for each event. */
export const invoicesTable =
  "CREATE TABLE IF NOT EXISTS invoices (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL);";

export const insertInvoice = "INSERT INTO invoices (order_id, total) VALUES (?, ?)";
