import type { ClusterPlan, Right } from "./cluster-plan.ts";
import { unusedName } from "./unused-name.ts";

export interface StrimziOptions {
  /** The name of the `Kafka` resource. */
  readonly cluster: string;
}

/** A `KafkaTopic` for each topic, and a `KafkaUser` for each service, whose name the operator makes its user of. */
export function planAsStrimzi({ topics, rights }: ClusterPlan, { cluster }: StrimziOptions): string {
  const names = new Set<string>();
  const head = (kind: string, name: string): string[] => [
    "apiVersion: kafka.strimzi.io/v1beta2",
    `kind: ${kind}`,
    "metadata:",
    `  name: ${text(unusedName(names, kind, resourceName(name), "-"))}`,
    "  labels:",
    `    strimzi.io/cluster: ${text(cluster)}`,
    "spec:",
  ];
  const documents = [
    ...topics.map(({ name, partitions, replicas, config }) => [
      ...head("KafkaTopic", name),
      `  topicName: ${text(name)}`,
      `  partitions: ${partitions}`,
      `  replicas: ${replicas}`,
      "  config:",
      ...Object.entries(config).map(([key, value]) => `    ${key}: ${text(value)}`),
    ]),
    ...[...Map.groupBy(rights, ({ service }) => service)].map(([service, ofService]) => [
      ...head("KafkaUser", service),
      "  authorization:",
      "    type: simple",
      "    acls:",
      ...ofService.flatMap(aclOf),
    ]),
  ];
  return `${documents.map((lines) => lines.join("\n")).join("\n---\n")}\n`;
}

const aclOf = ({ kind, name, operations }: Right): string[] => [
  "      - resource:",
  `          type: ${kind}`,
  `          name: ${text(name)}`,
  "          patternType: literal",
  `        operations: [${operations.join(", ")}]`,
];

/** A resource's name has small letters, digits, hyphens and dots. */
const resourceName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "");

/** JSON's strings are YAML's. */
const text = (value: string): string => JSON.stringify(value);
