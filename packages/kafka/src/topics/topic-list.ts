import { ConfigResourceTypes } from "@platformatic/kafka";
import type { TopicInfo } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import type { Cluster } from "../connection/cluster.ts";

const topicResource = ConfigResourceTypes.TOPIC;
/** Of one request. */
const topicsAtOnce = 500;

const asked = ["cleanup.policy", "retention.ms", "retention.bytes"];

/** The topics with our prefix. Where the user may not read its settings, one's retention is left out, and `compacted` is false. */
export async function listTopics(cluster: Cluster): Promise<TopicInfo[]> {
  const topics = await cluster.allTopics();
  const settings = await settingsOf(
    cluster,
    topics.map(({ name }) => name),
    asked,
  );
  return topics.map(({ name, id, partitions }) => ({
    name,
    id,
    partitions: partitions.length,
    replicas: Math.max(0, ...partitions.map(({ replicas }) => replicas)),
    ...retentionOf(settings.get(name)),
  }));
}

function retentionOf(settings: Readonly<Record<string, string | null>> | undefined) {
  const policy = settings?.["cleanup.policy"];
  if (settings === undefined || policy === null || policy === undefined) return { compacted: false };
  const limit = (name: string): number | null => {
    const value = Number(settings[name] ?? -1);
    // What is only compacted loses nothing to age or size.
    return policy.includes("delete") && value >= 0 ? value : null;
  };
  return {
    compacted: policy.includes("compact"),
    retentionMs: limit("retention.ms"),
    retentionBytes: limit("retention.bytes"),
  };
}

/** Settings of topics, by the topic's name. Topics whose settings may not be read are left out. */
export async function settingsOf(
  cluster: Cluster,
  topics: readonly string[],
  keys: readonly string[],
): Promise<Map<string, Readonly<Record<string, string | null>>>> {
  const settings = new Map<string, Readonly<Record<string, string | null>>>();
  for (let start = 0; start < topics.length; start += topicsAtOnce) {
    const resources = topics.slice(start, start + topicsAtOnce).map((topic) => ({
      resourceType: topicResource,
      resourceName: cluster.names.onWire(topic),
      configurationKeys: [...keys],
    }));
    const { results } = await cluster.anyBroker((link) => link.call(apis.describeConfigs, resources, false, false));
    for (const { errorCode, resourceName, configs } of results) {
      const name = cluster.names.fromWire(resourceName);
      if (errorCode === 0 && name !== null)
        settings.set(name, Object.fromEntries(configs.map((config) => [config.name, config.value ?? null])));
    }
  }
  return settings;
}
