import type { Client } from "pg";
import type { ReadEvent } from "./hand-event.ts";

const insertInvoice = { name: "insert-invoice", text: "INSERT INTO invoices (order_id, total) VALUES ($1, $2)" };
const insertInvoices = {
  name: "insert-invoices",
  text: "INSERT INTO invoices (order_id, total) SELECT * FROM unnest($1::text[], $2::bigint[])",
};

/** One event after the other, each statement awaited. */
export async function invoicesOneByOne(client: Client, events: readonly ReadEvent[]): Promise<void> {
  for (const event of events) await invoiceOf(client, event);
}

/** All at once on the connection, which keeps their order. */
export async function invoicesPipelined(client: Client, events: readonly ReadEvent[]): Promise<void> {
  await Promise.all(events.map((event) => invoiceOf(client, event)));
}

/** One statement for all. */
export async function invoicesAsSet(client: Client, events: readonly ReadEvent[]): Promise<void> {
  await client.query({
    ...insertInvoices,
    values: [events.map(({ data }) => data.order_id), events.map(({ data }) => data.total)],
  });
}

async function invoiceOf(client: Client, { data }: ReadEvent): Promise<void> {
  await client.query({ ...insertInvoice, values: [data.order_id, data.total] });
}
