import { isThroughlineError } from "throughline/seams";
import type { Cluster } from "../connection/cluster.ts";
import { topicFailure } from "../connection/cluster.ts";
import { isRetriable, protocolCodes } from "../errors/index.ts";
import { type FetchedPartition, fetchRecords } from "../protocol/fetch-request.ts";
import { boundsOf } from "./offset-bounds.ts";
import type { PartitionFeed } from "./partition-feed.ts";

/** The brokers answer an idle request after so long. */
const maxWaitMs = 250;
/** Links to one broker: while one waits at the end of some partitions, another one fetches what others want. */
const linksPerBroker = 3;
const bytesAhead = 32 * 1024 * 1024;
const leastBytes = 64 * 1024;
const mostBytes = 512 * 1024;

export interface FetcherHost {
  onTrouble(error: unknown): void;
  /** Reading works (again). */
  onCalm(): void;
  end(error: unknown): void;
  /** The feed's topic does not exist any more, or is another one of the same name. */
  onTopicGone(feed: PartitionFeed): void;
}

interface Wish {
  readonly feed: PartitionFeed;
  readonly offset: number;
  readonly version: number;
}

/** Fetches for the feeds of one member: at each broker, in one request, for all that want more. */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #host: FetcherHost;
  readonly #name: string;
  readonly #feeds: () => Iterable<PartitionFeed>;
  readonly #busy = new Map<number, Set<number>>();
  #poked = false;
  #closed = false;

  constructor(cluster: Cluster, name: string, feeds: () => Iterable<PartitionFeed>, host: FetcherHost) {
    this.#cluster = cluster;
    this.#name = name;
    this.#feeds = feeds;
    this.#host = host;
  }

  poke(): void {
    if (this.#poked || this.#closed) return;
    this.#poked = true;
    setImmediate(() => {
      this.#poked = false;
      if (!this.#closed) this.#fetchWanted();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from({ length: linksPerBroker }, (_, i) => this.#cluster.closeLinks(`fetch-${this.#name}-${i}`)));
  }

  #fetchWanted(): void {
    const feeds = [...this.#feeds()];
    const lowBytes = Math.min(mostBytes, Math.max(leastBytes, bytesAhead / 2 / Math.max(1, feeds.length)));
    const wishes = new Map<number, Wish[]>();
    for (const feed of feeds) {
      const wanted = feed.wanted(lowBytes);
      if (wanted === null) continue;
      const leader = this.#cluster.known(feed.topic)?.partitions[feed.partition]?.leader ?? -1;
      if (leader === -1) void this.#lookAgain(feed, null);
      else wishes.set(leader, [...(wishes.get(leader) ?? []), { feed, ...wanted }]);
    }
    for (const [leader, ofLeader] of wishes) {
      const busy = this.#busy.get(leader) ?? new Set<number>();
      this.#busy.set(leader, busy);
      const link = Array.from({ length: linksPerBroker }, (_, i) => i).find((i) => !busy.has(i));
      if (link !== undefined) void this.#fetch(leader, link, ofLeader, Math.max(leastBytes, lowBytes));
    }
  }

  async #fetch(leader: number, linkNumber: number, wishes: readonly Wish[], partitionBytes: number): Promise<void> {
    const busy = this.#busy.get(leader) as Set<number>;
    busy.add(linkNumber);
    for (const { feed } of wishes) feed.fetching = true;
    try {
      // The first ones get bytes first, so it is not always the same ones.
      const first = Math.floor(Math.random() * wishes.length);
      const partitions = [...wishes.slice(first), ...wishes.slice(0, first)].map(({ feed, offset }) => ({
        topicId: feed.topicId,
        partition: feed.partition,
        offset,
        maxBytes: partitionBytes,
      }));
      const link = this.#cluster.link(leader, `fetch-${this.#name}-${linkNumber}`, maxWaitMs + this.#cluster.requestTimeoutMs);
      const response = await link.call(fetchRecords, maxWaitMs, bytesAhead / 2, partitions);
      if (response.errorCode !== 0) throw topicFailure(wishes[0]?.feed.topic ?? "", response.errorCode, "read");
      this.#host.onCalm();
      for (const { feed } of wishes) feed.fetching = false;
      for (const fetched of response.partitions) {
        const wish = wishes.find(({ feed }) => feed.partition === fetched.partition && feed.topicId === fetched.topicId);
        if (wish !== undefined) await this.#take(wish, fetched);
      }
    } catch (error) {
      for (const { feed } of wishes) {
        feed.fetching = false;
        void this.#lookAgain(feed, error);
      }
    } finally {
      busy.delete(linkNumber);
      this.poke();
    }
  }

  async #take({ feed, offset, version }: Wish, fetched: FetchedPartition): Promise<void> {
    const { errorCode } = fetched;
    if (errorCode === protocolCodes.none) feed.fetched(fetched, offset, version);
    else if (errorCode === protocolCodes.offsetOutOfRange) {
      const [bounds] = await boundsOf(this.#cluster, feed.topic, [feed.partition]);
      if (bounds !== undefined) feed.outOfRange(bounds.earliest, bounds.end, version);
    } else if (errorCode === protocolCodes.topicAuthorizationFailed) this.#host.end(topicFailure(feed.topic, errorCode, "read"));
    else await this.#lookAgain(feed, isRetriable(errorCode) ? null : topicFailure(feed.topic, errorCode, "read"));
  }

  /** Something is not where it was: asks where the topic is now. */
  async #lookAgain(feed: PartitionFeed, error: unknown): Promise<void> {
    feed.waitABit();
    if (this.#closed) return;
    if (isThroughlineError(error) && !error.retryable && error.code !== "LOG_TOPIC_UNKNOWN") return this.#host.end(error);
    try {
      const found = await this.#cluster.refresh(feed.topic);
      if (found === null || found.id !== feed.topicId) this.#host.onTopicGone(feed);
      else if (error !== null && !isThroughlineError(error, "LOG_TOPIC_UNKNOWN")) this.#host.onTrouble(error);
    } catch (failure) {
      this.#host.onTrouble(failure);
    }
  }
}
