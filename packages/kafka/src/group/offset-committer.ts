import { setTimeout as delay } from "node:timers/promises";
import { coreError, crashPoint, isThroughlineError } from "throughline/seams";
import { apis } from "../connection/apis.ts";
import { backoffMs } from "../connection/backoff.ts";
import { type Cluster, groupFailure } from "../connection/cluster.ts";
import { isRetriable, protocolCodes } from "../errors/index.ts";
import type { PartitionFeed } from "../reading/partition-feed.ts";
import type { MemberIdentity } from "./membership.ts";

/** Commits are gathered for so long, unless somebody flushes. */
const gatherMs = 20;
const retryAfterMs = 250;

export interface OffsetCommitterOptions {
  readonly cluster: Cluster;
  readonly group: string;
  readonly identity: () => MemberIdentity | null;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Notes offsets and writes the last of each partition, beside the hot path. A commit carries this member's generation; one that the
 * coordinator refuses is dropped, unless the coordinator still knows this member, and is dealing out the next generation to it.
 */
export class OffsetCommitter {
  readonly #options: OffsetCommitterOptions;
  #noted = new Map<PartitionFeed, number>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OffsetCommitterOptions) {
    this.#options = options;
  }

  note(feed: PartitionFeed, nextOffset: number): void {
    this.#noted.set(feed, nextOffset);
    this.#writeAfter(gatherMs);
  }

  /**
   * Settles when everything noted so far was written or refused; a rebalance that is being dealt out is waited for. Rejects when the
   * coordinator cannot be reached for long.
   */
  async flush(): Promise<void> {
    const deadline = performance.now() + this.#options.cluster.patience.giveUpAfterMs;
    const asked = new Set(this.#noted.keys());
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#writeNow().then(
        () => null,
        (error: unknown) => error,
      );
      // What was put back, and not forgotten since.
      if (![...asked].some((feed) => this.#noted.has(feed))) return;
      if (performance.now() > deadline) throw coreError("LOG_UNAVAILABLE", { what: "the group does not come to rest" }, failure);
      await delay(backoffMs(attempt));
    }
  }

  /** One write at a time. */
  #writeNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Drops what is noted of partitions that are not this member's any more. */
  forget(feeds: Iterable<PartitionFeed>): void {
    for (const feed of feeds) this.#noted.delete(feed);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#noted.clear();
  }

  #writeAfter(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#writeNow().catch(this.#options.onTrouble);
    }, ms);
  }

  async #write(): Promise<void> {
    if (this.#noted.size === 0) return;
    const taken = this.#noted;
    this.#noted = new Map();
    try {
      await this.#commit(taken);
    } catch (error) {
      if (!isThroughlineError(error) || !error.retryable) throw error;
      this.#putBack(taken);
      throw error;
    }
  }

  async #commit(taken: ReadonlyMap<PartitionFeed, number>): Promise<void> {
    const { cluster, group, identity } = this.#options;
    const member = identity();
    // Nothing is this member's.
    if (member === null) return;
    const topics = [...Map.groupBy(taken, ([feed]) => feed.topic)].map(([topic, ofTopic]) => ({
      name: cluster.names.onWire(topic),
      partitions: ofTopic.map(([feed, nextOffset]) => ({
        partitionIndex: feed.partition,
        committedOffset: BigInt(nextOffset),
        committedLeaderEpoch: -1,
        committedMetadata: "",
      })),
    }));
    const link = cluster.link(await cluster.coordinator(group));
    crashPoint("group.before-offset-commit");
    const response = await link.call(apis.offsetCommit, group, member.generation, member.memberId, member.instanceId, topics);
    crashPoint("group.after-offset-commit");
    const codes = new Set(response.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)));
    codes.delete(protocolCodes.none);
    for (const code of codes) this.#refused(code, taken);
  }

  #refused(code: number, taken: ReadonlyMap<PartitionFeed, number>): void {
    const { cluster, group, onTrouble } = this.#options;
    if (code === protocolCodes.unknownMemberId || code === protocolCodes.fencedInstanceId) return;
    if (code === protocolCodes.rebalanceInProgress || code === protocolCodes.illegalGeneration) {
      // The coordinator still knows this member, so the next generation is being dealt out to it: what stays this member's is
      // written then, and what it loses is forgotten. A member that was left out gets UNKNOWN_MEMBER_ID.
      this.#putBack(taken);
      return;
    }
    if (code === protocolCodes.unknownTopicOrPartition) return;
    if (isRetriable(code)) {
      cluster.forgetCoordinator(group);
      throw coreError("LOG_UNAVAILABLE", { what: `the coordinator of group "${group}" has moved` });
    }
    onTrouble(groupFailure(group, code, "commit offsets of"));
  }

  /** Newer notes win; what was given away meanwhile is dropped. */
  #putBack(taken: ReadonlyMap<PartitionFeed, number>): void {
    for (const [feed, nextOffset] of taken)
      if (feed.state !== "gone" && !this.#noted.has(feed)) this.#noted.set(feed, nextOffset);
    if (this.#noted.size > 0) this.#writeAfter(retryAfterMs);
  }
}
