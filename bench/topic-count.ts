import { Admin, ListOffsetTimestamps } from "@platformatic/kafka";
import type { BenchServices } from "./bench-services.ts";
import { partitionCount } from "./kafka-orders.ts";

/** Throws unless a topic, which was empty, holds exactly `events` records. */
export async function checkTopic(services: BenchServices, topic: string, events: number): Promise<void> {
  const { bootstrapServers } = await services.kafka();
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: bootstrapServers.split(",") });
  const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp: ListOffsetTimestamps.LATEST,
  }));
  const topics = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
  await admin.close();
  const count = topics.flatMap(({ partitions }) => partitions).reduce((sum, { offset }) => sum + Number(offset), 0);
  if (count !== events) throw new Error(`${events} events were to be in the topic, and there are ${count}`);
}
