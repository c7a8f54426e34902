import type { Measurement } from "../bench-row.ts";
import { checkInvoices, invoicesInPostgres } from "../kafka-invoices.ts";
import { topicOfOrders } from "../kafka-orders.ts";
import { rateOf, startCounting, type Spent } from "../stopwatch.ts";
import { HandKafkaReader } from "./hand-kafka-reader.ts";
import { type HandEffects, HandPostgresConsumer } from "./hand-postgres-consumer.ts";

const batchSize = 500;

/** From the first event that is read to the last COMMIT, on so many connections. */
export function consumeByHand(connections: number, effects: HandEffects): Measurement {
  return async ({ events, services }) => {
    const topic = await topicOfOrders(services, events);
    const { bootstrapServers } = await services.kafka();
    await using database = await services.database();
    await database.query(invoicesInPostgres);
    const consumer = await HandPostgresConsumer.open(database, connections, effects);
    const reader = await HandKafkaReader.open({ bootstrapServers, topic, group: "billing-by-hand", batchSize });
    let stop: (() => Spent) | undefined;
    let spent: Spent | undefined;
    const { promise: isDone, resolve: done } = Promise.withResolvers<void>();
    const running = reader.run(async (batch) => {
      stop ??= startCounting();
      await consumer.handle(batch);
      if (consumer.applied < events) return;
      spent = stop();
      done();
    });
    await Promise.race([isDone, running]);
    await reader.close();
    await consumer.close();
    await checkInvoices(database, events);
    return rateOf(spent as Spent, events);
  };
}
