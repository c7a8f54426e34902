import type { QueryConfig } from "pg";

const insertOne = { name: "insert-invoice", text: "INSERT INTO invoices (order_id, total) VALUES ($1, $2)" };
const insertMany = {
  name: "insert-invoices",
  text: "INSERT INTO invoices (order_id, total) SELECT * FROM unnest($1::text[], $2::bigint[])",
};

export interface Order {
  readonly order_id: string;
  readonly total: number;
}

/** The row of one event. Named, so that PostgreSQL reads and plans it once on each connection: in ours and by hand alike. */
export function insertInvoice({ order_id, total }: Order): QueryConfig {
  return { ...insertOne, values: [order_id, total] };
}

/** The rows of many. */
export function insertInvoices(orders: readonly Order[]): QueryConfig {
  return { ...insertMany, values: [orders.map(({ order_id }) => order_id), orders.map(({ total }) => total)] };
}
