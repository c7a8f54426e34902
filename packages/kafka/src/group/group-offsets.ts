import type { CommittedOffset, TopicPartition } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { persist } from "../connection/backoff.ts";
import { type Cluster, groupFailure } from "../connection/cluster.ts";
import { protocolCodes } from "../errors/index.ts";

type GroupAnswer = ReturnType<typeof apis.offsetFetch.parseResponse>["groups"][number];

interface Asker {
  readonly group: string;
  resolve(offsets: CommittedOffset[]): void;
  reject(error: unknown): void;
}

/** Groups in one request: an answer of some hundred kilobytes where each has 50 partitions. */
const groupsAtOnce = 200;

/**
 * Committed offsets of whole groups. Groups that are asked for at once, in whatever calls, are asked for in one request for each
 * coordinator: a request each would take three times as long for 200 groups.
 */
export class GroupOffsets {
  readonly #cluster: Cluster;
  #asking: Asker[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Of all its partitions. One group's failure is no other's. */
  of(group: string): Promise<CommittedOffset[]> {
    return persist(this.#cluster.patience, () => {
      return new Promise<CommittedOffset[]>((resolve, reject) => {
        this.#asking.push({ group, resolve, reject });
        if (this.#asking.length === 1) queueMicrotask(() => void this.#askAll());
      });
    });
  }

  async #askAll(): Promise<void> {
    const askers = this.#asking;
    this.#asking = [];
    try {
      const coordinators = await this.#cluster.coordinators(new Set(askers.map(({ group }) => group)));
      const byNode = Map.groupBy(askers, ({ group }) => coordinators.get(group) ?? -1);
      for (const [node, ofNode] of byNode) {
        if (typeof node !== "number") for (const { reject } of ofNode) reject(node);
        else
          for (let start = 0; start < ofNode.length; start += groupsAtOnce)
            void this.#ask(node, ofNode.slice(start, start + groupsAtOnce));
      }
    } catch (error) {
      for (const { reject } of askers) reject(error);
    }
  }

  async #ask(node: number, askers: readonly Asker[]): Promise<void> {
    try {
      const names = [...new Set(askers.map(({ group }) => group))];
      const asked = names.map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }));
      const { groups } = await this.#cluster.link(node).call(apis.offsetFetch, asked, true);
      const answers = new Map(groups.map((answer) => [answer.groupId, answer]));
      for (const { group, resolve, reject } of askers) {
        try {
          resolve(offsetsIn(this.#cluster, group, answers.get(group)));
        } catch (error) {
          reject(error);
        }
      }
    } catch (error) {
      for (const { reject } of askers) reject(error);
    }
  }
}

/** The committed offsets of a group in these partitions. */
export function committedOffsetsIn(
  cluster: Cluster,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<CommittedOffset[]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    name: cluster.names.onWire(topic),
    partitionIndexes: ofTopic.map(({ partition }) => partition),
  }));
  return persist(cluster.patience, async () => {
    const link = cluster.link(await cluster.coordinator(group));
    const { groups } = await link.call(apis.offsetFetch, [{ groupId: group, memberId: null, memberEpoch: -1, topics }], true);
    return offsetsIn(cluster, group, groups[0]);
  });
}

/** What a coordinator answered of one group. */
function offsetsIn(cluster: Cluster, group: string, answer: GroupAnswer | undefined): CommittedOffset[] {
  const code = answer?.errorCode ?? -1;
  if (code === protocolCodes.groupIdNotFound) return [];
  if (answer === undefined || code !== 0) {
    cluster.forgetCoordinator(group);
    throw groupFailure(group, code, "read the offsets of");
  }
  return answer.topics.flatMap(({ name, partitions }) => {
    const topic = cluster.names.fromWire(name);
    if (topic === null) return [];
    return partitions.flatMap(({ partitionIndex: partition, committedOffset, errorCode }) => {
      if (errorCode !== 0 && errorCode !== protocolCodes.unknownTopicOrPartition)
        throw groupFailure(group, errorCode, "read the offsets of");
      return committedOffset < 0n || errorCode !== 0 ? [] : [{ topic, partition, offset: Number(committedOffset) }];
    });
  });
}
