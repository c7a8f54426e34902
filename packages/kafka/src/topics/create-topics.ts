import { setTimeout as delay } from "node:timers/promises";
import { coreError, crashPoint, type TopicSpec } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { persist } from "../connection/backoff.ts";
import type { Cluster } from "../connection/cluster.ts";
import { codeName, isRetriable, kafkaError, protocolCodes } from "../errors/index.ts";

export interface TopicCreation {
  /** False: topics are somebody else's to create; those that do not exist are an error. */
  readonly create: boolean;
  readonly defaultPartitions: number;
  /** Copies of each partition; -1: the brokers' default. */
  readonly replicas: number;
  /** More settings of each new topic, as Kafka names them. */
  readonly settings: Readonly<Record<string, string>>;
}

const noLimit = "-1";

/** The settings of Kafka that a specification stands for. */
export function topicSettings({ retentionMs, retentionBytes, compacted }: TopicSpec): Record<string, string> {
  const isBounded = retentionMs !== undefined || retentionBytes !== undefined;
  return {
    "cleanup.policy": compacted !== true ? "delete" : isBounded ? "compact,delete" : "compact",
    "retention.ms": retentionMs === undefined ? noLimit : String(retentionMs),
    "retention.bytes": retentionBytes === undefined ? noLimit : String(retentionBytes),
  };
}

/**
 * Creates the topics that do not exist, and resolves when every broker knows them.
 * @throws KAFKA_TOPICS_MISSING where they are not ours to create; KAFKA_TOPIC_REFUSED, KAFKA_NOT_AUTHORISED, LOG_UNAVAILABLE
 */
export async function createTopics(cluster: Cluster, specs: readonly TopicSpec[], how: TopicCreation): Promise<void> {
  const existing = new Set(
    (await persist(cluster.patience, () => cluster.refreshAll(specs.map(({ name }) => name)))).map(({ name }) => name),
  );
  const missing = specs.filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return;
  if (!how.create)
    throw kafkaError("KAFKA_TOPICS_MISSING", { topics: missing.map(({ name }) => cluster.names.onWire(name)).join(", ") });
  crashPoint("log.before-topic-commit");
  await persist(cluster.patience, () => create(cluster, missing, how));
  crashPoint("log.after-topic-commit");
  await untilKnown(
    cluster,
    missing.map(({ name }) => name),
  );
}

async function create(cluster: Cluster, specs: readonly TopicSpec[], how: TopicCreation): Promise<void> {
  const wanted = specs.map((spec) => ({
    name: cluster.names.onWire(spec.name),
    numPartitions: spec.partitions ?? how.defaultPartitions,
    replicationFactor: spec.replicas ?? how.replicas,
    assignments: [],
    configs: Object.entries({ ...topicSettings(spec), ...how.settings }).map(([name, value]) => ({ name, value })),
  }));
  const { topics } = await cluster.anyBroker((link) => link.call(apis.createTopics, wanted, cluster.requestTimeoutMs, false));
  for (const { name, errorCode, errorMessage } of topics) {
    const topic = cluster.names.fromWire(name) ?? name;
    if (errorCode === protocolCodes.none || errorCode === protocolCodes.topicAlreadyExists) continue;
    if (errorCode === protocolCodes.topicAuthorizationFailed || errorCode === protocolCodes.clusterAuthorizationFailed)
      throw kafkaError("KAFKA_NOT_AUTHORISED", { what: `topic "${topic}"`, operation: "create" });
    const what = `${codeName(errorCode)}${errorMessage === null ? "" : ` (${errorMessage})`}`;
    // So it is with too few brokers; and for a moment where one that starts, or lost the controller, does not count yet.
    if (isRetriable(errorCode) || errorCode === protocolCodes.invalidReplicationFactor)
      throw coreError("LOG_UNAVAILABLE", { what });
    throw kafkaError("KAFKA_TOPIC_REFUSED", { topic, what });
  }
}

/** The controller answers before every broker has heard of a topic. */
async function untilKnown(cluster: Cluster, topics: readonly string[]): Promise<void> {
  const deadline = performance.now() + cluster.patience.giveUpAfterMs;
  const names = topics.map((topic) => cluster.names.onWire(topic));
  for (const node of cluster.nodes()) {
    while (performance.now() < deadline) {
      const answer = await cluster
        .link(node)
        .call(apis.metadata, names, false, false)
        .catch(() => null);
      // A broker that is away hears of it when it is back.
      if (answer === null) break;
      const isReady = answer.topics.every(
        ({ errorCode, partitions }) => errorCode === 0 && partitions.every(({ leaderId }) => leaderId >= 0),
      );
      if (isReady && answer.topics.length === names.length) break;
      await delay(20);
    }
  }
  await persist(cluster.patience, () => cluster.refreshAll(topics));
}
