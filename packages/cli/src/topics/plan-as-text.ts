import type { TopicInfo } from "throughline/seams";
import { topicDifferences } from "throughline/system-topics";
import type { Colour } from "../output/colours.ts";
import { formatMs } from "../output/durations.ts";
import { type Cell, renderTable } from "../output/table.ts";
import type { ClusterPlan, ClusterTopic } from "./cluster-plan.ts";

type TableOptions = Parameters<typeof renderTable>[2];

/** Tables for people. With the topics that exist, what each is like beside what it should be. */
export function planAsText(
  { topics, rights, remarks }: ClusterPlan,
  existing: ReadonlyMap<string, TopicInfo> | null,
  options: TableOptions,
): string {
  return [
    renderTable(
      [
        { title: "TOPIC" },
        { title: "PARTITIONS", align: "right" },
        { title: "COPIES", align: "right" },
        { title: "KEEPS" },
        { title: "OF", flexible: true },
        ...(existing === null ? [] : [{ title: "NOW", flexible: true }]),
      ],
      topics.map((topic): Cell[] => [
        topic.name,
        topic.partitions,
        topic.replicas,
        keeps(topic),
        topic.of.length === 0 ? "all" : topic.of.join(", "),
        ...(existing === null ? [] : [stateOf(topic, existing.get(topic.spec.name))]),
      ]),
      options,
    ),
    "",
    renderTable(
      [{ title: "USER" }, { title: "MAY", flexible: true }, { title: "ON" }],
      rights.map(({ principal, operations, kind, name }) => [principal, operations.join(", "), `${kind} ${name}`]),
      options,
    ),
    ...(remarks.length === 0 ? [] : ["", ...remarks]),
    "",
  ].join("\n");
}

/** What of the cluster is not as planned; empty when all is. */
export function shortfalls(
  plan: ClusterPlan,
  existing: ReadonlyMap<string, TopicInfo>,
): { topic: string; differences: string[] }[] {
  return plan.topics
    .map((topic) => ({ topic: topic.name, differences: differencesOf(topic, existing.get(topic.spec.name)) }))
    .filter(({ differences }) => differences.length > 0);
}

function differencesOf({ spec, partitions, replicas }: ClusterTopic, topic: TopicInfo | undefined): string[] {
  return topic === undefined ? ["it does not exist"] : topicDifferences({ ...spec, partitions, replicas }, topic);
}

function stateOf(topic: ClusterTopic, info: TopicInfo | undefined): { text: string; colour: Colour } {
  const differences = differencesOf(topic, info);
  if (differences.length === 0) return { text: "as planned", colour: "green" };
  return { text: info === undefined ? "missing" : differences.join("; "), colour: info === undefined ? "yellow" : "red" };
}

function keeps({ spec: { compacted, retentionMs, retentionBytes } }: ClusterTopic): string {
  const limits = [
    ...(compacted === true ? ["newest of each key"] : []),
    ...(retentionMs === undefined ? [] : [formatMs(retentionMs)]),
    ...(retentionBytes === undefined ? [] : [`${retentionBytes.toLocaleString("en")} bytes`]),
  ];
  return limits.length === 0 ? "all" : limits.join(", ");
}
