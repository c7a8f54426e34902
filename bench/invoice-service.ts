import { createService, type Running } from "throughline";
import type { EventLog } from "throughline/seams";
import { sqlite } from "@throughline/sqlite";
import { insertInvoice, invoicesTable } from "./invoices.ts";
import { OrderCompleted } from "./order-events.ts";

/** A service with one handler in the default mode, which writes one row for each event. */
export interface InvoiceService {
  /** Settles when the effects of `count` events are committed. */
  handled(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startInvoiceService(eventLog: EventLog, file: string): Promise<InvoiceService> {
  const store = sqlite({ file, tables: invoicesTable });
  const billing = createService({ name: "billing", eventLog, store, from: "earliest", log: { silent: true } });
  let seen = 0;
  billing.on(OrderCompleted, "create-invoice", async ({ data }, { tx }) => {
    seen += 1;
    tx.run(insertInvoice, data.order_id, data.total);
  });
  const running: Running = await billing.start();
  return {
    async handled(count) {
      // What handlers have seen costs nothing to ask; the store is asked only towards the end.
      while (seen < count) await new Promise((resolve) => setImmediate(resolve));
      while (Number((await store.get("SELECT max(id) AS last FROM invoices"))?.["last"] ?? 0) < count)
        await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => running.close(),
  };
}
