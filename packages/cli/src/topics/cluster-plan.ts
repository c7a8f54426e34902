import type { TopicSpec } from "throughline/seams";
import type { TopicPlan } from "throughline/system-topics";

/** What a cluster has to have for some services, as its administrators name things: topics with their prefix. */
export interface ClusterPlan {
  readonly topics: readonly ClusterTopic[];
  readonly rights: readonly Right[];
  /** What its reader should know. */
  readonly remarks: readonly string[];
}

export interface ClusterTopic {
  /** On the wire. */
  readonly name: string;
  /** As services know it. */
  readonly spec: TopicSpec;
  readonly partitions: number;
  readonly replicas: number;
  readonly config: Readonly<Record<string, string>>;
  /** The services that write to it, or that it belongs to; empty: all of them. */
  readonly of: readonly string[];
}

/** What one service may do with one topic, or with its group. */
export interface Right {
  readonly service: string;
  readonly principal: string;
  readonly kind: "topic" | "group";
  readonly name: string;
  readonly operations: readonly Operation[];
}

export type Operation = "Read" | "Write" | "Describe" | "DescribeConfigs";

export interface ClusterOptions {
  readonly prefix: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Further settings of each topic. */
  readonly settings: Readonly<Record<string, string>>;
  /** The user that a service connects as; `{service}` stands for its name. */
  readonly principal: string;
  /** The settings of Kafka that a specification stands for. */
  readonly configOf: (spec: TopicSpec) => Record<string, string>;
}

/** What is acknowledged is on two nodes at least, and one may be away. */
const safeWrites = (replicas: number): Record<string, string> => (replicas >= 3 ? { "min.insync.replicas": "2" } : {});

export function clusterPlan(plans: readonly TopicPlan[], options: ClusterOptions): ClusterPlan {
  const { prefix, partitions, replicas, settings, principal, configOf } = options;
  const uses = plans.flatMap(({ service, topics }) => topics.map((topic) => ({ service, ...topic })));
  const byName = Map.groupBy(uses, ({ spec }) => spec.name);
  const remarks: string[] = [];
  const topics: ClusterTopic[] = [];
  for (const [name, users] of byName) {
    const creators = users.filter(({ creator }) => creator !== "other");
    const [first] = creators;
    const owners = creators.filter(({ creator }) => creator === "service").map(({ service }) => service);
    if (first === undefined) {
      const readers = users.map(({ service }) => service).join(", ");
      remarks.push(`"${prefix}${name}" is read by ${readers} and published by none of these services: it must exist already`);
      continue;
    }
    if (owners.length > 1) remarks.push(`"${prefix}${name}" is published by ${owners.join(" and ")}: a stream has one publisher`);
    topics.push({
      name: prefix + name,
      spec: first.spec,
      partitions: first.spec.partitions ?? partitions,
      replicas: first.spec.replicas ?? replicas,
      config: { ...configOf(first.spec), ...safeWrites(first.spec.replicas ?? replicas), ...settings },
      of: owners,
    });
  }
  const rights = plans.flatMap(({ service, group, topics: used }): Right[] => {
    const who = { service, principal: principal.replaceAll("{service}", service) };
    return [
      ...used.map(({ spec, reads, writes }): Right => ({
        ...who,
        kind: "topic",
        name: prefix + spec.name,
        operations: [
          ...(reads ? (["Read"] as const) : []),
          ...(writes ? (["Write"] as const) : []),
          "Describe",
          "DescribeConfigs",
        ],
      })),
      ...(group === null ? [] : [{ ...who, kind: "group", name: group, operations: ["Read", "Describe"] } satisfies Right]),
    ];
  });
  return { topics: topics.toSorted((a, b) => rankOf(a) - rankOf(b) || a.name.localeCompare(b.name)), rights, remarks };
}

/** Streams first, then what belongs to one service, then what all share. */
function rankOf({ spec, of }: ClusterTopic): number {
  if (of.length === 0) return 2;
  return /\.(?:dlt|redrive)$/.test(spec.name) ? 1 : 0;
}
