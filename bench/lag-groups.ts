import { Admin, ListOffsetTimestamps } from "@platformatic/kafka";
import type { BenchServices } from "./bench-services.ts";
import { emptyTopic } from "./kafka-orders.ts";

export const lagPartitions = 50;

export interface LagGroups {
  readonly topic: string;
  readonly groups: readonly string[];
}

/** A topic of 50 partitions, and so many groups that have committed an offset in each. Made once a run. */
export function lagGroups(services: BenchServices, count: number): Promise<LagGroups> {
  return services.once(`lag ${count}`, async () => {
    const { bootstrapServers } = await services.kafka();
    const topic = await emptyTopic(services, "lag", lagPartitions);
    const admin = new Admin({ clientId: "bench", bootstrapBrokers: bootstrapServers.split(",") });
    const partitionOffsets = Array.from({ length: lagPartitions }, (_, partition) => ({ partition, offset: 0n }));
    const groups = Array.from({ length: count }, (_, index) => `watched-${index}`);
    for (const groupId of groups) await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
    await admin.close();
    return { topic, groups };
  });
}

/** The median of what `look` takes, in milliseconds, when all is connected; it answers how many places it found. */
export async function timeOfLook(places: number, look: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    const since = performance.now();
    const found = await look();
    const took = performance.now() - since;
    if (found !== places) throw new Error(`${places} places were to be found, and there are ${found}`);
    if (turn >= 5) times.push(took);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** As `listOffsets` asks for the ends of all partitions. */
export const allEnds = Array.from({ length: lagPartitions }, (_, partitionIndex) => ({
  partitionIndex,
  timestamp: ListOffsetTimestamps.LATEST,
}));
