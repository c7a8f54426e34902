import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import type { BenchRow } from "../bench-row.ts";
import { HandConsumer } from "../by-hand/hand-consumer.ts";
import { handRecords } from "../by-hand/hand-event.ts";
import { HandLog } from "../by-hand/hand-log.ts";
import { startInvoiceService } from "../invoice-service.ts";
import { inBatches, OrderCompleted, orderRecords } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";

/** An async function for a handler, as most are written. */
export const embeddedConsume = consumeRow("embedded-consume", { isAsync: true });

/** A plain function, which is enough where all it does is to write: nothing is awaited between the record and its effect. */
export const embeddedConsumeSync = consumeRow("embedded-consume-sync", { isAsync: false });

function consumeRow(name: string, handler: { isAsync: boolean }): BenchRow {
  return {
    name,
    covers: `Events that stand in the embedded log → handler with one INSERT, ${handler.isAsync ? "an async function" : "a plain function"}, in the default (shared) mode → commit on the SQLite store; the service's start is counted. By hand: the same reads, inbox, position, cursor and effect statements in batches of 500.`,
    unit: "events/s",
    events: 100_000,
    rounds: 5,
    async ours({ events, folder }) {
      await using log = await openSqliteLog(join(folder, "events.db"));
      await log.createTopics([{ name: OrderCompleted.stream, partitions: 6 }]);
      for (const records of inBatches(orderRecords(events))) await log.append(records);
      const stop = startStopwatch();
      const billing = await startInvoiceService(log, join(folder, "billing.db"), handler);
      await billing.handled(events);
      const spent = stop();
      await billing.close();
      return rateOf(spent, events);
    },
    peers: [
      {
        name: "by hand",
        times: 0.7,
        async measure({ events, folder }) {
          const log = new HandLog(join(folder, "events.db"));
          for (const records of inBatches(handRecords(events))) log.append(records);
          const stop = startStopwatch();
          const consumer = new HandConsumer(log, join(folder, "billing.db"));
          if (consumer.consume() !== events) throw new Error("some events were not handled");
          const spent = stop();
          consumer.close();
          log.close();
          return rateOf(spent, events);
        },
      },
    ],
  };
}
