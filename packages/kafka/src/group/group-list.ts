import type { GroupInfo, TopicPartition } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { persist } from "../connection/backoff.ts";
import { type Cluster, groupFailure, requestFailure } from "../connection/cluster.ts";
import { decodeSubscription, readAssignment } from "./consumer-protocol.ts";
import { nameOf } from "./plan-assignment.ts";

type Member = GroupInfo["members"][number];

interface DescribedGroup {
  readonly group: string;
  readonly state: string;
  readonly members: readonly Member[];
  /** On the wire; null where a member's metadata cannot be read. */
  readonly wanted: ReadonlySet<string> | null;
}

const groupsAtOnce = 100;

/**
 * The consumer groups of the cluster, ours or not, with their members. A group is `stable` when each partition of its topics has an
 * owner: while a partition is on its way from one member to another, it is `rebalancing`. Only groups with members are asked about,
 * and topics only where there is such a group.
 */
export function listGroups(cluster: Cluster): Promise<GroupInfo[]> {
  return persist(cluster.patience, async () => {
    const described = (await Promise.all(cluster.nodes().map((node) => groupsAt(cluster, node)))).flat();
    const known = described.some(({ wanted }) => wanted === null || wanted.size > 0) ? await cluster.allTopics() : [];
    const topics = new Map(known.map(({ name, partitions }) => [cluster.names.onWire(name), partitions.length]));
    return described.map(({ group, state, members, wanted }) => ({
      group,
      state: stateOf(state, members, wanted, topics, cluster),
      members,
    }));
  });
}

async function groupsAt(cluster: Cluster, node: number): Promise<DescribedGroup[]> {
  const link = cluster.link(node);
  const { errorCode, groups } = await link.call(apis.listGroups, [], []);
  if (errorCode !== 0) throw requestFailure("list groups", errorCode);
  const consumers = groups.filter(({ protocolType }) => protocolType === "consumer" || protocolType === "");
  const [empty, others] = [consumers.filter(isEmpty), consumers.filter((group) => !isEmpty(group))];
  const names = others.map(({ groupId }) => groupId);
  const described = empty.map(({ groupId: group, groupState: state }): DescribedGroup => {
    return { group, state, members: [], wanted: new Set() };
  });
  for (let start = 0; start < names.length; start += groupsAtOnce)
    described.push(...(await describe(cluster, node, names.slice(start, start + groupsAtOnce))));
  return described;
}

const isEmpty = ({ groupState }: { groupState: string }): boolean => groupState === "Empty";

async function describe(cluster: Cluster, node: number, names: string[]): Promise<DescribedGroup[]> {
  const link = cluster.link(node);
  const { groups } = await link.call(apis.describeGroups, names, false);
  const classic = groups.filter(({ errorCode, groupState }) => errorCode === 0 && groupState !== "Dead");
  for (const { errorCode, groupId } of groups)
    if (errorCode !== 0 && errorCode !== 69) throw groupFailure(groupId, errorCode, "describe");
  const others = names.filter((name) => !classic.some(({ groupId }) => groupId === name));
  const found = classic.map(({ groupId, groupState, members }): DescribedGroup => {
    const subscriptions = members.map(({ memberMetadata }) => readSubscription(memberMetadata));
    return {
      group: groupId,
      state: groupState,
      wanted: subscriptions.includes(null) ? null : new Set(subscriptions.flatMap((topics) => topics ?? [])),
      members: members.map(({ memberId, clientId, groupInstanceId, memberAssignment }) => ({
        id: memberId,
        clientId,
        instanceId: groupInstanceId ?? null,
        partitions: withoutPrefix(cluster, readAssignment(memberAssignment)),
      })),
    };
  });
  return [...found, ...(others.length === 0 ? [] : await describeNew(cluster, node, others))];
}

/** Groups of other clients in the new protocol (KIP-848). */
async function describeNew(cluster: Cluster, node: number, names: string[]): Promise<DescribedGroup[]> {
  const { groups } = await cluster.link(node).call(apis.describeConsumerGroups, names, false);
  return groups
    .filter(({ errorCode }) => errorCode === 0)
    .map(({ groupId, groupState, members }) => ({
      group: groupId,
      state: groupState,
      wanted: null,
      members: members.map(({ memberId, clientId, instanceId, assignment }) => ({
        id: memberId,
        clientId,
        instanceId: instanceId ?? null,
        partitions: withoutPrefix(
          cluster,
          assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
            partitions.map((partition) => ({ topic: topicName, partition })),
          ),
        ),
      })),
    }));
}

function stateOf(
  state: string,
  members: readonly Member[],
  wanted: ReadonlySet<string> | null,
  topics: ReadonlyMap<string, number>,
  cluster: Cluster,
): GroupInfo["state"] {
  if (state === "Empty" || state === "Dead") return "empty";
  if (state !== "Stable") return "rebalancing";
  const owned = new Set(members.flatMap(({ partitions }) => partitions.map(nameOf)));
  for (const wireName of wanted ?? []) {
    const topic = cluster.names.fromWire(wireName);
    if (topic === null) continue;
    for (let partition = 0; partition < (topics.get(wireName) ?? 0); partition += 1)
      if (!owned.has(nameOf({ topic, partition }))) return "rebalancing";
  }
  return "stable";
}

function withoutPrefix(cluster: Cluster, partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.flatMap(({ topic: wireName, partition }) => {
    const topic = cluster.names.fromWire(wireName);
    return topic === null ? [] : [{ topic, partition }];
  });
}

/** Null for what another client wrote in a form of its own. */
function readSubscription(metadata: Buffer): readonly string[] | null {
  try {
    return metadata.length === 0 ? [] : decodeSubscription(metadata).topics;
  } catch {
    return null;
  }
}
