import type { Measurement } from "../bench-row.ts";
import { emptyTopic, subjectCount } from "../kafka-orders.ts";
import { orderData } from "../order-events.ts";
import { latencyOf, SteadyRate } from "../steady-rate.ts";
import { HandCoalescingProducer, handOrder } from "./hand-coalescing-producer.ts";
import { HandKafkaReader } from "./hand-kafka-reader.ts";

/** The raw client alone: from when an event is due to be sent to when it is read, by one process. */
export const latencyByHand: Measurement = async ({ events, services }) => {
  const topic = await emptyTopic(services, "latency-by-hand");
  const { bootstrapServers } = await services.kafka();
  const reader = await HandKafkaReader.open({ bootstrapServers, topic, group: topic, batchSize: 500 });
  const producer = new HandCoalescingProducer(bootstrapServers, topic);
  const rate = new SteadyRate(events);
  const reading = reader.run(async (batch) => {
    for (const { data } of batch.events) rate.arrived(data.total);
  });
  await Promise.race([rate.run((index) => producer.send(handOrder(orderData(index, subjectCount)))), reading]);
  await reader.close();
  await producer.close();
  return latencyOf(rate, "the raw client");
};
