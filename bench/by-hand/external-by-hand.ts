import { Kafka, logLevel } from "kafkajs";
import type { Measurement } from "../bench-row.ts";
import { topicOfOrders } from "../kafka-orders.ts";
import { rateOf, startCounting, type Spent } from "../stopwatch.ts";
import type { ReadEvent } from "./hand-event.ts";
import { orderIn } from "./hand-event.ts";
import { HandKafkaReader } from "./hand-kafka-reader.ts";
import { KeyOrderedScheduler } from "./key-ordered-scheduler.ts";

/** What is called for each event. */
export const slowCall = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

export const callsAtOnce = 500;

/** Of each partition: with one bound for all, a few subjects would keep the others from being read. */
const heldOfPartition = 2_000;

/** From Kafka through a scheduler that keeps each subject's order, and nothing else: no store, nothing is remembered. */
export const externalByHand: Measurement = async ({ events, services }) => {
  const topic = await topicOfOrders(services, events);
  const { bootstrapServers } = await services.kafka();
  const reader = await HandKafkaReader.open({ bootstrapServers, topic, group: `mail-by-hand-${topic}`, batchSize: 500 });
  const last = new Map<string, number>();
  const held = new Map<number, number>();
  let stop: (() => Spent) | undefined;
  let spent: Spent | undefined;
  let done = 0;
  const wakers = new Map<number, () => void>();
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  const scheduler = new KeyOrderedScheduler<{ event: ReadEvent; partition: number }>(
    callsAtOnce,
    async ({ event, partition }) => {
      await slowCall();
      if ((last.get(event.subject) ?? 0) !== event.sequence - 1) throw new Error("out of order");
      last.set(event.subject, event.sequence);
      done += 1;
      const left = (held.get(partition) ?? 0) - 1;
      held.set(partition, left);
      if (left < heldOfPartition) wakers.get(partition)?.();
      if (done < events) return;
      spent = stop?.();
      resolve();
    },
  );
  const reading = reader.run(async ({ partition, events: batch }) => {
    stop ??= startCounting();
    held.set(partition, (held.get(partition) ?? 0) + batch.length);
    for (const event of batch) scheduler.add(event.subject, { event, partition });
    if ((held.get(partition) ?? 0) >= heldOfPartition) await new Promise<void>((wake) => wakers.set(partition, wake));
  });
  await Promise.race([isDone, reading]);
  await reader.close();
  return rateOf(spent as Spent, events);
};

/** `eachMessage` of kafkajs with the same call, all partitions at once. */
export const externalOnKafkajs: Measurement = async ({ events, services }) => {
  const topic = await topicOfOrders(services, events);
  const { bootstrapServers } = await services.kafka();
  const kafka = new Kafka({ clientId: "mail", brokers: bootstrapServers.split(","), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `mail-${topic}-${(groups += 1)}`, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let stop: (() => Spent) | undefined;
  let spent: Spent | undefined;
  let done = 0;
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    partitionsConsumedConcurrently: 6,
    async eachMessage({ message: { value } }) {
      stop ??= startCounting();
      orderIn(JSON.parse(String(value)));
      await slowCall();
      done += 1;
      if (done < events) return;
      spent = stop();
      resolve();
    },
  });
  await isDone;
  await consumer.disconnect();
  return rateOf(spent as Spent, events);
};

let groups = 0;
