import { type AssignedPartition, crashPoint, type SubscribeOptions, type TopicPartition } from "throughline/seams";
import type { Cluster } from "../connection/cluster.ts";
import { boundsOf } from "../reading/offset-bounds.ts";
import { type FeedHost, PartitionFeed } from "../reading/partition-feed.ts";
import { committedOffsetsIn } from "./group-offsets.ts";
import { nameOf } from "./plan-assignment.ts";

/** The partitions of one member: assigned ones come, revoked ones go when they are drained, lost ones go at once. */
export class HeldPartitions {
  readonly #cluster: Cluster;
  readonly #subscribe: SubscribeOptions;
  readonly #host: FeedHost;
  readonly #feeds = new Map<string, PartitionFeed>();

  constructor(cluster: Cluster, subscribe: SubscribeOptions, host: FeedHost) {
    this.#cluster = cluster;
    this.#subscribe = subscribe;
    this.#host = host;
  }

  /** What is being drained included. */
  all(): PartitionFeed[] {
    return [...this.#feeds.values()];
  }

  find(partition: TopicPartition): PartitionFeed | undefined {
    return this.#feeds.get(nameOf(partition));
  }

  /** Of a new generation: what is held and not in it is to be drained, and what is in it and not held to be adopted. */
  compare(assigned: readonly TopicPartition[]): { revoked: PartitionFeed[]; added: TopicPartition[] } {
    const names = new Set(assigned.map(nameOf));
    return {
      revoked: this.all().filter((feed) => feed.state === "held" && !names.has(nameOf(feed))),
      added: assigned.filter((partition) => !this.#feeds.has(nameOf(partition))),
    };
  }

  /** Holds these partitions from now on, and reads them once `onAssigned` said from where. Resolves when it is asked. */
  async adopt(partitions: readonly TopicPartition[]): Promise<void> {
    const found = await Promise.all(
      [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ofTopic]) => this.#look(topic, ofTopic)),
    );
    const assigned = found.flat().filter((partition) => !this.#feeds.has(nameOf(partition)));
    if (assigned.length === 0) return;
    const feeds = assigned.map(({ topic, topicId, partition }) => new PartitionFeed({ topic, topicId, partition }, this.#host));
    for (const feed of feeds) this.#feeds.set(nameOf(feed), feed);
    crashPoint("group.after-acquire");
    const starting = this.#start(feeds, assigned);
    for (const feed of feeds) feed.assigned = starting;
  }

  /** They are not this member's any more. Those that were still held or draining. */
  drop(feeds: readonly PartitionFeed[]): PartitionFeed[] {
    const dropped = feeds.filter((feed) => feed.state !== "gone");
    for (const feed of dropped) {
      feed.stop("gone");
      if (this.find(feed) === feed) this.#feeds.delete(nameOf(feed));
    }
    return dropped;
  }

  async #look(topic: string, ofTopic: readonly TopicPartition[]): Promise<AssignedPartition[]> {
    const known = await this.#cluster.refresh(topic);
    const existing = ofTopic.filter(({ partition }) => known !== null && partition < known.partitions.length);
    if (known === null || existing.length === 0) return [];
    const [bounds, committed] = await Promise.all([
      boundsOf(
        this.#cluster,
        topic,
        existing.map(({ partition }) => partition),
      ),
      committedOffsetsIn(this.#cluster, this.#subscribe.group, existing),
    ]);
    return bounds.map(({ partition, earliest, end }) => ({
      topic,
      topicId: known.id,
      partition,
      earliestOffset: earliest,
      endOffset: end,
      committedOffset: committed.find((c) => c.partition === partition)?.offset ?? null,
    }));
  }

  async #start(feeds: readonly PartitionFeed[], assigned: readonly AssignedPartition[]): Promise<void> {
    try {
      const offsets = await this.#subscribe.onAssigned(assigned);
      for (const [i, feed] of feeds.entries()) feed.start(offsets[i] ?? null);
    } catch (error) {
      this.#host.end(error);
    }
  }
}
