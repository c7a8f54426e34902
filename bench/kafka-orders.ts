import { Admin, Producer, stringSerializer } from "@platformatic/kafka";
import { defineEvent, encodeEvent, newEventId, systemSurroundings, withSequence } from "throughline";
import { type NewRecord, partitionForKey } from "throughline/seams";
import * as z from "zod";
import type { BenchServices } from "./bench-services.ts";
import { orderData } from "./order-events.ts";

export const partitionCount = 6;

/** So many orders take turns, as subjects. */
export const subjectCount = 1_000;

/** What a topic's events say, for whoever handles or publishes them by contract. */
export function ordersContract(topic: string) {
  return defineEvent("order.completed", {
    version: 1,
    subject: "order_id",
    tenant: "tenant_id",
    stream: topic,
    data: z.object({
      order_id: z.string(),
      tenant_id: z.string(),
      total: z.int(),
      completed_at: z.iso.datetime({ offset: true }),
      note: z.string(),
    }),
  });
}

export type OrdersContract = ReturnType<typeof ordersContract>;

/** The `index`th event as a service of ours puts it into the log: 460 bytes of data, every header of the wire format, numbered. */
export function kafkaOrder(topic: string, index: number): NewRecord {
  const data = orderData(index, subjectCount);
  const id = newEventId(systemSurroundings);
  const { key, value, headers } = encodeEvent({
    id,
    source: "orders",
    type: "order.completed",
    subject: data.order_id,
    timeMs: Date.now(),
    dataVersion: 1,
    data,
    dataSchema: "http://registry.example/schemas/ids/1",
    correlationId: id,
    causationId: id,
    tenantId: data.tenant_id,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=1",
  });
  return { topic, key, value, headers: withSequence(headers, Math.floor(index / subjectCount) + 1, 0) };
}

/** A topic that holds `count` events in six partitions. It is filled once a run, and whoever asks for as many reads the same. */
export async function topicOfOrders(services: BenchServices, count: number): Promise<string> {
  return services.once(`orders ${count}`, async () => {
    const topic = await emptyTopic(services, `orders-${count}`);
    const { bootstrapServers } = await services.kafka();
    const producer = new Producer({
      clientId: "bench",
      bootstrapBrokers: bootstrapServers.split(","),
      idempotent: true,
      serializers: { headerKey: stringSerializer },
    });
    for (let from = 0; from < count; from += atOnce) {
      const messages = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => {
        const { key, value, headers } = kafkaOrder(topic, from + index);
        return {
          topic,
          key: key as Buffer,
          value: value as Buffer,
          headers: new Map(headers as [string, Buffer][]),
          partition: partitionForKey(key as Buffer, partitionCount),
        };
      });
      await producer.send({ messages });
    }
    await producer.close();
    return topic;
  });
}

const atOnce = 2_000;
let topics = 0;

/** A topic of six partitions, or as many as are said, that nobody else uses. */
export async function emptyTopic(services: BenchServices, name: string, partitions = partitionCount): Promise<string> {
  const { bootstrapServers } = await services.kafka();
  topics += 1;
  const topic = `${name}-${topics}`;
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: bootstrapServers.split(",") });
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  await admin.close();
  return topic;
}
