import type { BenchRow } from "../bench-row.ts";
import { checkInvoices, invoicesInPostgres } from "../kafka-invoices.ts";
import { topicOfOrders } from "../kafka-orders.ts";
import { BillingInstance } from "../processes/billing-instance.ts";
import { newServiceName } from "../service-name.ts";

/** The second half may hold so much more than the first one, at most: what is kept for each event would be far more. */
const flatness = 1.1;

/** What the guide tells for small containers (operations.md): V8's young generation may grow to 100 MB otherwise, whatever it holds. */
const nodeOptions = ["--max-semi-space-size=4"];

export const memory: BenchRow = {
  name: "memory",
  covers: `A service in a process of its own works through a backlog as fast as it can, started from its TypeScript with ${nodeOptions.join(" ")}: the most resident memory it had, looked at ten times a second. Flat: the median of the last quarter is at most 1.1 times that of the second one.`,
  unit: "MB",
  events: 1_000_000,
  rounds: 1,
  better: "less",
  limit: 250,
  async ours({ events, services }) {
    const topic = await topicOfOrders(services, events);
    const { url } = await services.kafka();
    await using database = await services.database();
    await database.query(invoicesInPostgres);
    const sizes: number[] = [];
    const { promise: allHandled, resolve } = Promise.withResolvers<void>();
    const since = performance.now();
    const instance = new BillingInstance({
      name: newServiceName("billing"),
      topic,
      kafkaUrl: url,
      database,
      nodeOptions,
      onReport({ count, rssMb }) {
        if (count > 0) sizes.push(rssMb);
        if (count >= events) resolve();
      },
    });
    await Promise.race([allHandled, instance.died]);
    const seconds = (performance.now() - since) / 1_000;
    await instance.close();
    await checkInvoices(database, events);
    const quarter = (index: number): number => median(sizes.slice((sizes.length * index) / 4, (sizes.length * (index + 1)) / 4));
    const [second, last] = [quarter(1), quarter(3)];
    const note = `median of the second quarter ${second.toFixed(0)} MB, of the last ${last.toFixed(0)} MB; ${Math.round(events / seconds).toLocaleString("en")} events/s`;
    return { figure: Math.max(...sizes), note, ...(last > flatness * second ? { failure: "it grows" } : {}) };
  },
  peers: [],
};

function median(sizes: readonly number[]): number {
  return sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? Number.NaN;
}
