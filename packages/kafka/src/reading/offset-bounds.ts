import { coreError, type PartitionOffsets } from "throughline/seams";
import { persist } from "../connection/backoff.ts";
import { type Cluster, topicFailure } from "../connection/cluster.ts";
import { protocolCodes } from "../errors/index.ts";
import { listOffsets } from "./list-offsets.ts";

const latest = -1n;
const earliest = -2n;
/** Attempts, about two seconds, after which a topic that was known and is not found is gone. */
const newsWithin = 8;

/** Earliest offset and end of partitions, in the order asked for. @throws LOG_TOPIC_UNKNOWN, LOG_UNAVAILABLE, KAFKA_NOT_AUTHORISED */
export async function boundsOf(cluster: Cluster, topic: string, partitions?: readonly number[]): Promise<PartitionOffsets[]> {
  const [starts, ends] = await Promise.all([
    offsetsAtTime(cluster, topic, earliest, partitions),
    offsetsAtTime(cluster, topic, latest, partitions),
  ]);
  return starts.map(({ partition, offset }, i) => ({ partition, earliest: offset, end: ends[i]?.offset ?? offset }));
}

/** The first offset at or after a time, in the order asked for; -1 when there is none. */
export function offsetsAtTime(
  cluster: Cluster,
  topic: string,
  timestamp: bigint,
  partitions?: readonly number[],
): Promise<{ partition: number; offset: number }[]> {
  return persist(cluster.patience, async (attempt) => {
    const found = attempt === 1 ? await cluster.find(topic) : await cluster.refresh(topic);
    // Known to one broker a moment ago: others hear later of a new topic.
    if (found === null && attempt > 1 && attempt <= newsWithin)
      throw coreError("LOG_UNAVAILABLE", { what: `a broker does not know topic "${topic}" yet` });
    if (found === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic });
    const wanted = partitions ?? found.partitions.map((_, partition) => partition);
    const byLeader = Map.groupBy(wanted, (partition) => found.partitions[partition]?.leader ?? -1);
    const name = cluster.names.onWire(topic);
    const answers = await Promise.all(
      [...byLeader].map(([leader, ofLeader]) => listOffsets(cluster, { leader, name, partitions: ofLeader, timestamp })),
    );
    const offsets = new Map(answers.flat().map((answer) => [answer.partitionIndex, answer]));
    return wanted.map((partition) => {
      const answer = offsets.get(partition);
      const code = answer?.errorCode ?? -1;
      if (answer === undefined || code !== 0) {
        cluster.forget(topic);
        // A recreated topic, a moved leader, or one that has not heard of a new topic: the next attempt looks who has it then.
        if (code === protocolCodes.unknownTopicOrPartition)
          throw coreError("LOG_UNAVAILABLE", { what: `${topic}/${partition} has moved` });
        throw topicFailure(topic, code, "read");
      }
      return { partition, offset: Number(answer.offset) };
    });
  });
}
