import type { CommittedOffset, TopicPartition } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { persist } from "../connection/backoff.ts";
import { type Cluster, groupFailure } from "../connection/cluster.ts";
import { protocolCodes } from "../errors/index.ts";

/** The committed offsets of a group: of these partitions, or of all when none are given. */
export function committedOffsetsOf(
  cluster: Cluster,
  group: string,
  partitions?: readonly TopicPartition[],
): Promise<CommittedOffset[]> {
  const topics =
    partitions === undefined
      ? null
      : [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
          name: cluster.names.onWire(topic),
          partitionIndexes: ofTopic.map(({ partition }) => partition),
        }));
  return persist(cluster.patience, async () => {
    const link = cluster.link(await cluster.coordinator(group));
    const asked = [{ groupId: group, memberId: null, memberEpoch: -1, topics }];
    const { groups } = await link.call(apis.offsetFetch, asked, true);
    const [answer] = groups;
    const code = answer?.errorCode ?? -1;
    if (code === protocolCodes.groupIdNotFound) return [];
    if (answer === undefined || code !== 0) {
      cluster.forgetCoordinator(group);
      throw groupFailure(group, code, "read the offsets of");
    }
    return answer.topics.flatMap(({ name, partitions: ofTopic }) => {
      const topic = cluster.names.fromWire(name);
      if (topic === null) return [];
      return ofTopic.flatMap(({ partitionIndex: partition, committedOffset, errorCode }) => {
        if (errorCode !== 0 && errorCode !== protocolCodes.unknownTopicOrPartition)
          throw groupFailure(group, errorCode, "read the offsets of");
        return committedOffset < 0n || errorCode !== 0 ? [] : [{ topic, partition, offset: Number(committedOffset) }];
      });
    });
  });
}
