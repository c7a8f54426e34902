import { CompressionTypes, Kafka, logLevel, Partitioners } from "kafkajs";
import type { Measurement } from "../bench-row.ts";
import { byCallers } from "../callers.ts";
import { emptyTopic, subjectCount } from "../kafka-orders.ts";
import { orderData } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";
import { checkTopic } from "../topic-count.ts";
import { HandCoalescingProducer, handOrder } from "./hand-coalescing-producer.ts";
import { headersOf, newId } from "./hand-event.ts";

export const publishers = 64;

/** The raw client behind a coalescer, each event made by its caller, or all of them made before. */
export function publishCoalesced({ madeBefore }: { madeBefore: boolean }): Measurement {
  return async ({ events, services }) => {
    const topic = await emptyTopic(services, "coalesced");
    const producer = new HandCoalescingProducer((await services.kafka()).bootstrapServers, topic);
    await producer.send(handOrder(orderData(0, subjectCount)));
    const data = Array.from({ length: events }, (_, index) => orderData(index, subjectCount));
    const made = madeBefore ? data.map(handOrder) : [];
    const stop = startStopwatch();
    await byCallers(publishers, events, (index) => producer.send(made[index] ?? handOrder(data[index] as (typeof data)[number])));
    const spent = stop();
    await producer.close();
    await checkTopic(services, topic, events + 1);
    return rateOf(spent, events);
  };
}

/** `send` of kafkajs for each event, as most code does it. */
export const publishOnKafkajs: Measurement = async ({ events, services }) => {
  const topic = await emptyTopic(services, "kafkajs");
  const { bootstrapServers } = await services.kafka();
  const kafka = new Kafka({ clientId: "orders", brokers: bootstrapServers.split(","), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const publish = async (index: number): Promise<void> => {
    const data = orderData(index, subjectCount);
    const messages = [{ key: data.order_id, value: JSON.stringify(data), headers: headersOf(newId(), data) }];
    await producer.send({ topic, acks: -1, compression: CompressionTypes.None, messages });
  };
  await publish(0);
  const stop = startStopwatch();
  await byCallers(publishers, events, publish);
  const spent = stop();
  await producer.disconnect();
  await checkTopic(services, topic, events + 1);
  return rateOf(spent, events);
};
