import { ConfigResourceTypes } from "@platformatic/kafka";
import type { TopicInfo } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import type { Cluster } from "../connection/cluster.ts";

const topicResource = ConfigResourceTypes.TOPIC;
/** Of one request. */
const topicsAtOnce = 500;

/** The topics with our prefix. Whether one is compacted is left open (false) where the user may not read its settings. */
export async function listTopics(cluster: Cluster): Promise<TopicInfo[]> {
  const topics = await cluster.allTopics();
  const policies = await settingsOf(
    cluster,
    topics.map(({ name }) => name),
    ["cleanup.policy"],
  );
  return topics.map(({ name, id, partitions }) => ({
    name,
    id,
    partitions: partitions.length,
    compacted: policies.get(name)?.["cleanup.policy"]?.includes("compact") === true,
  }));
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
