import { createService, PermanentError } from "throughline";
import { openKafkaLog } from "@throughline/kafka";
import { postgres } from "@throughline/postgres";
import type { Measured, Workload } from "./bench-row.ts";
import { insertInvoice } from "./invoice-statements.ts";
import { invoicesInPostgres } from "./kafka-invoices.ts";
import { emptyTopic, type OrdersContract, ordersContract, subjectCount } from "./kafka-orders.ts";
import { orderData } from "./order-events.ts";
import { newServiceName } from "./service-name.ts";
import { latencyOf, SteadyRate } from "./steady-rate.ts";

export interface LatencyOptions {
  /** Straight to the log, or through an outbox in a database of the publisher's own. */
  readonly publisher: "direct" | "outbox";
  /** One of so many subjects fails for ever and is parked, with all that follows; none without. */
  readonly failingSubjectOf?: number;
  readonly who: string;
}

/**
 * 1,000 events a second from one service to another's handler, which writes a row, in one process: from when an event is due to be
 * published to when its handler is called. Events of failing subjects are not counted.
 */
export async function latencyOfServices({ events, services }: Workload, options: LatencyOptions): Promise<Measured> {
  const { publisher, failingSubjectOf, who } = options;
  const contract = ordersContract(await emptyTopic(services, "latency"));
  const fails = (index: number): boolean => failingSubjectOf !== undefined && (index % subjectCount) % failingSubjectOf === 0;
  const rate = new SteadyRate(events, (index) => !fails(index));
  await using database = await services.database();
  await database.query(invoicesInPostgres);
  const { url } = await services.kafka();
  const billing = createService({
    name: newServiceName("billing"),
    from: "earliest",
    eventLog: () => openKafkaLog(url),
    store: postgres(database.url),
    log: { silent: true },
  });
  billing.on(contract, "create-invoice", async ({ data }, { tx }) => {
    if (fails(data.total)) throw new PermanentError("this subject fails");
    rate.arrived(data.total);
    await tx.query(insertInvoice(data));
  });
  const running = await billing.start();
  await using publishing = await (publisher === "direct"
    ? directPublisher(url, contract)
    : outboxPublisher(url, contract, services));
  await rate.run((index) => publishing.publish(index));
  await running.close();
  return latencyOf(rate, who);
}

interface Publishing extends AsyncDisposable {
  publish(index: number): Promise<unknown>;
}

async function directPublisher(url: string, contract: OrdersContract): Promise<Publishing> {
  const orders = createService({
    name: newServiceName("orders"),
    eventLog: () => openKafkaLog(url),
    publishes: [contract],
    log: { silent: true },
  });
  const running = await orders.start();
  return {
    publish: (index) => orders.publish(contract, orderData(index, subjectCount)),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

async function outboxPublisher(url: string, contract: OrdersContract, services: Workload["services"]): Promise<Publishing> {
  const database = await services.database();
  const store = postgres(database.url);
  const orders = createService({
    name: newServiceName("orders"),
    eventLog: () => openKafkaLog(url),
    store,
    publishes: [contract],
    from: "earliest",
    log: { silent: true },
  });
  const running = await orders.start();
  return {
    publish: (index) => store.transaction((tx) => orders.publish(contract, orderData(index, subjectCount), { tx })),
    async [Symbol.asyncDispose]() {
      await running.close();
      await database.close();
    },
  };
}
