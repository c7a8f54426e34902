import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import type { Measurement } from "../bench-row.ts";
import { insertInvoice } from "../invoice-statements.ts";
import { checkInvoices, invoicesInPostgres } from "../kafka-invoices.ts";
import { topicOfOrders } from "../kafka-orders.ts";
import { rateOf, startCounting, type Spent } from "../stopwatch.ts";
import { orderIn } from "./hand-event.ts";

/**
 * The usual code: `eachMessage` of kafkajs, as many partitions at once as there are connections, and for each event a transaction
 * of its own with a look into the inbox, its row, and the effect. From the first event to the last COMMIT.
 */
export function consumeOnKafkajs(connections: number): Measurement {
  return async ({ events, services }) => {
    const topic = await topicOfOrders(services, events);
    const { bootstrapServers } = await services.kafka();
    await using database = await services.database();
    await database.query(`${invoicesInPostgres} CREATE TABLE inbox (event_id uuid PRIMARY KEY);`);
    const pool = new pg.Pool({ connectionString: database.url, max: connections });
    const kafka = new Kafka({ clientId: "billing", brokers: bootstrapServers.split(","), logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `billing-${topic}-${(groups += 1)}`, sessionTimeout: 10_000 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let stop: (() => Spent) | undefined;
    let spent: Spent | undefined;
    let applied = 0;
    const { promise: isDone, resolve: done } = Promise.withResolvers<void>();
    await consumer.run({
      partitionsConsumedConcurrently: connections,
      async eachMessage({ message: { headers, value } }) {
        stop ??= startCounting();
        const id = String(headers?.["ce_id"]);
        const { order_id, total } = orderIn(JSON.parse(String(value)));
        const client = await pool.connect();
        try {
          await client.query("BEGIN");
          const known = await client.query({ name: "known", text: "SELECT 1 FROM inbox WHERE event_id = $1", values: [id] });
          if (known.rowCount === 0) {
            await client.query({ name: "inbox", text: "INSERT INTO inbox (event_id) VALUES ($1)", values: [id] });
            await client.query(insertInvoice({ order_id, total }));
          }
          await client.query("COMMIT");
        } finally {
          client.release();
        }
        applied += 1;
        if (applied < events) return;
        spent = stop();
        done();
      },
    });
    await isDone;
    await consumer.disconnect();
    await pool.end();
    await checkInvoices(database, events);
    return rateOf(spent as Spent, events);
  };
}

let groups = 0;
