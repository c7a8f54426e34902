import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from "@platformatic/kafka";
import type { TopicPartition } from "throughline/seams";

/** What members tell one another through the coordinator; Kafka's own tools read it too. Topics are those of the wire. */
export interface MemberSubscription {
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

const version = 3;

export function encodeSubscription({ topics, owned, generation }: MemberSubscription): Buffer {
  // The Java client's assignor reads the generation here.
  const userData = Buffer.alloc(4);
  userData.writeInt32BE(generation);
  return encodeConsumerProtocolSubscription({
    version,
    topics: [...topics],
    userData,
    ownedPartitions: grouped(owned),
    generationId: generation,
  });
}

export function decodeSubscription(metadata: Buffer): MemberSubscription {
  const { topics, ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata);
  return { topics, owned: flat(ownedPartitions), generation: generationId };
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return encodeConsumerProtocolAssignment({ version, assignedPartitions: grouped(partitions), userData: null });
}

export function decodeAssignment(assignment: Buffer): TopicPartition[] {
  return flat(decodeConsumerProtocolAssignment(assignment).assignedPartitions);
}

/** Nothing where a member has none yet, or another client wrote it in a form of its own. */
export function readAssignment(assignment: Buffer): TopicPartition[] {
  try {
    return decodeAssignment(assignment);
  } catch {
    return [];
  }
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number[];
}

function grouped(partitions: readonly TopicPartition[]): TopicPartitions[] {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  return [...topics].map(([topic, ofTopic]) => ({ topic, partitions: ofTopic.map(({ partition }) => partition) }));
}

function flat(topics: readonly TopicPartitions[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
