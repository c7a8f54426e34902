import { createService } from "throughline";
import { openKafkaLog } from "@throughline/kafka";
import { postgres } from "@throughline/postgres";
import type { Measured } from "./bench-row.ts";
import type { BenchDatabase, BenchServices } from "./bench-services.ts";
import { eventsInTransaction, writers } from "./by-hand/outbox-by-hand.ts";
import { byCallers } from "./callers.ts";
import { emptyTopic, ordersContract, subjectCount } from "./kafka-orders.ts";
import { orderData } from "./order-events.ts";
import { rateOf, startStopwatch } from "./stopwatch.ts";
import { checkTopic } from "./topic-count.ts";

export interface OutboxPublishing {
  readonly services: BenchServices;
  readonly database: BenchDatabase;
  readonly events: number;
  /** Whether its relay sends meanwhile, in the same process. Else it starts when the clock has stopped, if at all. */
  readonly relay: "meanwhile" | "afterwards" | "never";
}

/** Publishes in transactions of the application: from the first BEGIN to the last COMMIT. */
export async function publishThroughOutbox({ services, database, events, relay }: OutboxPublishing): Promise<Measured> {
  const topic = await emptyTopic(services, "outbox");
  const contract = ordersContract(topic);
  const { url } = await services.kafka();
  const store = postgres({ url: database.url });
  const orders = createService({
    name: serviceOf(database),
    eventLog: () => openKafkaLog(url),
    store,
    publishes: [contract],
    from: "earliest",
    log: { silent: true },
  });
  // Opens the store, so that the first transaction does not.
  const before = relay === "meanwhile" ? await orders.start() : null;
  await orders.publish(contract, orderData(0, subjectCount), { tx: "none" });
  const data = Array.from({ length: events }, (_, index) => orderData(index, subjectCount));
  const stop = startStopwatch();
  await byCallers(writers, Math.ceil(events / eventsInTransaction), (index) =>
    store.transaction(async (tx) => {
      for (const each of data.slice(index * eventsInTransaction, (index + 1) * eventsInTransaction))
        await orders.publish(contract, each, { tx });
    }),
  );
  const spent = stop();
  if (relay === "never") await store.close();
  else {
    const running = before ?? (await orders.start());
    const observer = await database.connect();
    const waiting = async (): Promise<boolean> => {
      const { rows } = await observer.query<{ waiting: boolean }>(
        "SELECT EXISTS (SELECT 1 FROM throughline.outbox WHERE topic NOT LIKE 'throughline.%') AS waiting",
      );
      return rows[0]?.waiting === true;
    };
    while (await waiting()) await new Promise((resolve) => setTimeout(resolve, 20));
    await observer.end();
    await running.close();
    await checkTopic(services, topic, events + 1);
  }
  return rateOf(spent, events);
}

/** Makes the tables of a service's store, as its first start would. */
export async function openStoreOnce(services: BenchServices, database: BenchDatabase): Promise<void> {
  const { url } = await services.kafka();
  const store = postgres({ url: database.url });
  const orders = createService({
    name: serviceOf(database),
    eventLog: () => openKafkaLog(url),
    store,
    from: "earliest",
    log: { silent: true },
  });
  await orders.start().then((running) => running.close());
}

/** One name for each database: its store is that service's. */
function serviceOf(database: BenchDatabase): string {
  return `orders-${database.name}`;
}
