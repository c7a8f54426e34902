import { Admin } from "@platformatic/kafka";
import type { Measurement } from "../bench-row.ts";
import { allEnds, lagGroups, lagPartitions, timeOfLook } from "../lag-groups.ts";

/** The bare admin calls: which groups there are, one request for the offsets of all of them, one for the ends. */
export const lagByHand: Measurement = async ({ events, services }) => {
  const { topic } = await lagGroups(services, events);
  const admin = new Admin({ clientId: "by-hand", bootstrapBrokers: (await services.kafka()).bootstrapServers.split(",") });
  const figure = await timeOfLook(events * lagPartitions, async () => {
    const groups = [...(await admin.listGroups()).keys()].filter((group) => group.startsWith("watched-"));
    const [committed, topics] = await Promise.all([
      admin.listConsumerGroupOffsets({ groups }),
      admin.listOffsets({ topics: [{ name: topic, partitions: allEnds }] }),
    ]);
    const ends = new Map(topics.flatMap(({ partitions }) => partitions.map((each) => [each.partitionIndex, each.offset])));
    const lags = committed.flatMap(({ topics }) =>
      topics.flatMap(({ partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }) => Number((ends.get(partitionIndex) ?? 0n) - committedOffset)),
      ),
    );
    return lags.length;
  });
  await admin.close();
  return { figure };
};
