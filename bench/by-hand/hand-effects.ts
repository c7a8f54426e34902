import type { Client } from "pg";
import { insertInvoice, insertInvoices } from "../invoice-statements.ts";
import type { ReadEvent } from "./hand-event.ts";

/** One event after the other, each statement awaited. */
export async function invoicesOneByOne(client: Client, events: readonly ReadEvent[]): Promise<void> {
  for (const { data } of events) await client.query(insertInvoice(data));
}

/** All at once on the connection, which keeps their order. */
export async function invoicesPipelined(client: Client, events: readonly ReadEvent[]): Promise<void> {
  await Promise.all(events.map(({ data }) => client.query(insertInvoice(data))));
}

/** One statement for all. */
export async function invoicesAsSet(client: Client, events: readonly ReadEvent[]): Promise<void> {
  await client.query(insertInvoices(events.map(({ data }) => data)));
}
