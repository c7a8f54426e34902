import { createService, type EventOf, type HandlerContext, type Running } from "throughline";
import type { EventLog } from "throughline/seams";
import { sqlite, type SqliteTx } from "@throughline/sqlite";
import { insertInvoice, invoicesTable } from "./invoices.ts";
import { OrderCompleted } from "./order-events.ts";

/** A service with one handler in the default mode, which writes one row for each event. */
export interface InvoiceService {
  /** Settles when the effects of `count` events are committed. */
  handled(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startInvoiceService(
  eventLog: EventLog,
  file: string,
  { isAsync }: { isAsync: boolean } = { isAsync: true },
): Promise<InvoiceService> {
  const store = sqlite({ file, tables: invoicesTable });
  const billing = createService({ name: "billing", eventLog, store, from: "earliest", log: { silent: true } });
  let seen = 0;
  const createInvoice = ({ data }: EventOf<typeof OrderCompleted>, { tx }: HandlerContext<SqliteTx>): void => {
    seen += 1;
    tx.run(insertInvoice, data.order_id, data.total);
  };
  billing.on(OrderCompleted, "create-invoice", isAsync ? async (event, context) => createInvoice(event, context) : createInvoice);
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
