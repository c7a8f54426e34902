import type { EventContract, TopicOptions } from "../contract/index.ts";
import type { TopicInfo, TopicSpec } from "../seams/event-log.ts";

/** The topics of the contracts' streams, as all contracts of a stream together want them. */
export function streamTopics(contracts: readonly EventContract[]): TopicSpec[] {
  const byStream = Map.groupBy(contracts, ({ stream }) => stream);
  return [...byStream].map(([name, ofStream]) => ({
    name,
    compacted: ofStream.some(({ compacted }) => compacted),
    ...Object.assign({}, ...ofStream.map(saidOf)),
  }));
}

/** Where contracts of one stream want different things of its topic. */
export function topicContradictions(contracts: readonly EventContract[]): string[] {
  const said = contracts.flatMap((contract) =>
    Object.entries({ compacted: contract.compacted, ...saidOf(contract) }).map(([option, value]) => ({
      stream: contract.stream,
      type: contract.type,
      option,
      value,
    })),
  );
  return [...Map.groupBy(said, ({ stream, option }) => `${stream} ${option}`).values()].flatMap((ofOption) => {
    const [first] = ofOption;
    const other = ofOption.find(({ value }) => value !== first?.value);
    if (first === undefined || other === undefined) return [];
    const where = first.option === "compacted" ? "compacted" : `topic.${first.option}`;
    return [
      `contracts of stream "${first.stream}" contradict each other: ${where} is ${first.value} in ${first.type} and ${other.value} in ${other.type}; they share one topic, so say the same`,
    ];
  });
}

/** What of an existing topic is not as its contracts say, in words; empty where they agree. What a contract leaves open agrees with all. */
export function topicDifferences(spec: TopicSpec, topic: TopicInfo): string[] {
  // A log whose settings may not be read tells none.
  const isReadable = topic.retentionMs !== undefined;
  const differences = [
    { is: topic.partitions, said: spec.partitions, what: "partitions" },
    { is: topic.replicas, said: spec.replicas, what: "copies of each partition" },
    { is: topic.retentionMs, said: spec.retentionMs, what: "ms of retention" },
    { is: topic.retentionBytes, said: spec.retentionBytes, what: "bytes of retention" },
  ].flatMap(({ is, said, what }) =>
    is === undefined || said === undefined || is === said ? [] : [`it has ${is ?? "unlimited"} ${what}, not ${said}`],
  );
  if (spec.compacted !== undefined && spec.compacted !== topic.compacted && isReadable)
    differences.push(topic.compacted ? "it is compacted, and keeps only the newest of each subject" : "it is not compacted");
  return differences;
}

function saidOf({ topic }: EventContract): TopicOptions {
  // A contract made by an older copy of this package says nothing.
  const options = (topic as TopicOptions | undefined) ?? {};
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
