import { createService, type EventOf, type Service } from "throughline";
import { openKafkaLog } from "@throughline/kafka";
import { postgres, type PostgresTx } from "@throughline/postgres";
import type { Measurement } from "./bench-row.ts";
import { checkInvoices, invoicesInPostgres } from "./kafka-invoices.ts";
import { type OrdersContract, ordersContract, topicOfOrders } from "./kafka-orders.ts";
import { newServiceName } from "./service-name.ts";
import { rateOf, startCounting, type Spent } from "./stopwatch.ts";

export type OrderEvent = EventOf<OrdersContract>;

export interface ConsumeOptions {
  /** Of the store's pool: as many of the six partitions are handled at once. */
  readonly connections: number;
  /** The tables of the effects; default: the invoices'. */
  readonly tables?: string;
  /** Declares the handler, which says how many events it was given. */
  declare(service: Service<PostgresTx>, contract: OrdersContract, handled: (events: number) => void): void;
  /** How many events have their effects in the store; default: the invoices. */
  readonly countSql?: string;
}

/** A service from Kafka to PostgreSQL: from the first event that its handler is given to the last COMMIT. */
export function consumeByService({ connections, tables = invoicesInPostgres, declare, countSql }: ConsumeOptions): Measurement {
  return async ({ events, services }) => {
    const topic = await topicOfOrders(services, events);
    const { url } = await services.kafka();
    await using database = await services.database();
    await database.query(tables);
    const service = createService({
      name: newServiceName("billing"),
      from: "earliest",
      eventLog: () => openKafkaLog(url),
      store: postgres({ url: database.url, maxConnections: connections }),
      log: { silent: true },
    });
    let stop: (() => Spent) | undefined;
    let given = 0;
    const { promise: allGiven, resolve } = Promise.withResolvers<void>();
    declare(service, ordersContract(topic), (count) => {
      stop ??= startCounting();
      given += count;
      if (given >= events) resolve();
    });
    const running = await service.start();
    await allGiven;
    const observer = await database.connect();
    const count = async (): Promise<number> =>
      Number((await observer.query<{ count: string }>(countSql ?? "SELECT count(*) FROM invoices")).rows[0]?.count);
    while ((await count()) < events) await new Promise((resolve) => setTimeout(resolve, 1));
    const spent = (stop as unknown as () => Spent)();
    await observer.end();
    await running.close();
    if (countSql === undefined) await checkInvoices(database, events);
    return rateOf(spent, events);
  };
}
