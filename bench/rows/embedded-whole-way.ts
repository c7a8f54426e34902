import { join } from "node:path";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService } from "throughline";
import type { BenchRow } from "../bench-row.ts";
import { HandConsumer } from "../by-hand/hand-consumer.ts";
import { HandLog } from "../by-hand/hand-log.ts";
import { HandPublisher } from "../by-hand/hand-publisher.ts";
import { startInvoiceService } from "../invoice-service.ts";
import { inBatches, OrderCompleted, orderData } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";

export const embeddedWholeWay: BenchRow = {
  name: "embedded-whole-way",
  covers:
    "publish, 500 in a transaction → outbox → relay → embedded log → handler with one INSERT, in the default (shared) mode → commit, two services in one process. By hand: the same outbox, numbering, append, read, inbox, position, cursor and effect statements in batches of 500.",
  unit: "events/s",
  events: 30_000,
  rounds: 5,
  async ours({ events, folder }) {
    await using log = await openSqliteLog(join(folder, "events.db"));
    const store = sqlite({ file: join(folder, "orders.db") });
    const orders = createService({
      name: "orders",
      eventLog: log,
      store,
      from: "earliest",
      publishes: [OrderCompleted],
      log: { silent: true },
    });
    const running = await orders.start();
    const billing = await startInvoiceService(log, join(folder, "billing.db"));
    const batches = inBatches(Array.from({ length: events }, (_, index) => orderData(index)));
    const stop = startStopwatch();
    for (const batch of batches)
      await store.transaction(async (tx) => {
        for (const data of batch) await orders.publish(OrderCompleted, data, { tx });
      });
    await billing.handled(events);
    const spent = stop();
    await running.close();
    await billing.close();
    return rateOf(spent, events);
  },
  peers: [
    {
      name: "by hand",
      times: 0.7,
      async measure({ events, folder }) {
        const log = new HandLog(join(folder, "events.db"));
        const publisher = new HandPublisher(log, join(folder, "orders.db"));
        const consumer = new HandConsumer(log, join(folder, "billing.db"));
        const batches = inBatches(Array.from({ length: events }, (_, index) => orderData(index)));
        let applied = 0;
        const stop = startStopwatch();
        for (const batch of batches) {
          publisher.publish(batch);
          publisher.relay();
        }
        while (publisher.relay());
        applied += consumer.consume();
        const spent = stop();
        publisher.close();
        consumer.close();
        log.close();
        if (applied !== events) throw new Error("some events were not handled");
        return rateOf(spent, events);
      },
    },
  ],
};
