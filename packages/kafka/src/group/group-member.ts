import { setTimeout as delay } from "node:timers/promises";
import { coreError, crashPoint, isThroughlineError } from "throughline/seams";
import type { RecordBatch, SubscribeOptions, Subscription, TopicPartition } from "throughline/seams";
import { backoffMs } from "../connection/backoff.ts";
import type { Cluster } from "../connection/cluster.ts";
import { Fetcher } from "../reading/fetcher.ts";
import type { FeedHost, PartitionFeed } from "../reading/partition-feed.ts";
import { HeldPartitions } from "./held-partitions.ts";
import { Membership } from "./membership.ts";
import { OffsetCommitter } from "./offset-committer.ts";

const defaultSessionMs = 10_000;
const defaultDrainMs = 12_000;
/** What goes on at the log's side is told again after so long. */
const tellAgainAfterMs = 10_000;

export interface GroupMemberOptions {
  readonly cluster: Cluster;
  readonly subscribe: SubscribeOptions;
  readonly topicPollMs: number;
  /** Who closes the log closes the member, from now until `onClosed`. */
  readonly onJoining: (member: GroupMember) => void;
  readonly onClosed: (member: GroupMember) => void;
}

let membersMade = 0;

/** One member of a group: its membership, the partitions that it holds, and what reads and commits them. */
export class GroupMember implements Subscription, FeedHost {
  readonly maxBatchRecords: number;
  readonly membership: Membership;
  readonly #options: GroupMemberOptions;
  readonly #sessionMs: number;
  readonly #drainMs: number;
  readonly #held: HeldPartitions;
  readonly #fetcher: Fetcher;
  readonly #committer: OffsetCommitter;
  readonly #firstAssignment = Promise.withResolvers<void>();
  #assigned: readonly TopicPartition[] = [];
  #adopting: Promise<void> = Promise.resolve();
  #draining = new Set<Promise<void>>();
  #toldMs = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  private constructor(options: GroupMemberOptions) {
    const { cluster, subscribe, topicPollMs } = options;
    const { group, topics, clientId, instanceId, maxBatchRecords, sessionTimeoutMs, drainTimeoutMs } = subscribe;
    this.#options = options;
    this.maxBatchRecords = maxBatchRecords ?? 500;
    this.#sessionMs = sessionTimeoutMs ?? defaultSessionMs;
    this.#drainMs = drainTimeoutMs ?? defaultDrainMs;
    this.#held = new HeldPartitions(cluster, subscribe, this);
    this.#fetcher = new Fetcher(cluster, `${(membersMade += 1)}`, () => this.#held.all(), {
      onTrouble: (error) => this.onTrouble(error),
      onCalm: () => (this.#toldMs = Number.NEGATIVE_INFINITY),
      end: (error) => this.end(error),
      onTopicGone: (feed) => this.#onTopicGone(feed),
    });
    this.membership = new Membership(
      {
        cluster,
        group,
        topics: topics.map((topic) => cluster.names.onWire(topic)),
        clientId,
        instanceId,
        sessionTimeoutMs: this.#sessionMs,
        drainTimeoutMs: this.#drainMs,
        topicPollMs,
      },
      {
        owned: () => this.#held.all().map(({ topic, partition }) => ({ topic: cluster.names.onWire(topic), partition })),
        onAssigned: (partitions) => this.#onAssigned(partitions),
        onLost: () => this.#lose(this.#held.all()),
        onTrouble: (error) => this.onTrouble(error),
        end: (error) => this.end(error),
      },
    );
    this.#committer = new OffsetCommitter({
      cluster,
      group,
      identity: () => this.membership.identity(),
      onTrouble: (error) => this.onTrouble(error),
    });
  }

  static async join(options: GroupMemberOptions): Promise<GroupMember> {
    const member = new GroupMember(options);
    options.onJoining(member);
    const started = member.membership.start();
    try {
      await settledWithin(Promise.race([started, member.#firstAssignment.promise]), member.#sessionMs, () => {
        // Others take their time; this member's joining goes on.
        started.catch((error: unknown) => member.end(error));
      });
      if (member.#closing !== undefined) throw coreError("LOG_CLOSED", {});
    } catch (error) {
      await member.close();
      throw error;
    }
    await settledWithin(member.#adopting, member.#sessionMs, () => undefined);
    return member;
  }

  assigned(): readonly TopicPartition[] {
    return this.#held.all().map(({ topic, partition }) => ({ topic, partition }));
  }

  commit(partition: TopicPartition, nextOffset: number): void {
    const feed = this.#held.find(partition);
    if (feed !== undefined) this.#committer.note(feed, nextOffset);
  }

  flush(): Promise<void> {
    return this.#committer.flush();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held.find(partition)?.pause();
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held.find(partition)?.resume();
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#held.find(partition)?.seek(offset);
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  // --- what its feeds ask of it

  deliver(batch: RecordBatch): Promise<void> {
    return this.#options.subscribe.onBatch(batch);
  }

  confirmSession(): Promise<void> {
    return this.membership.isConfirmed() ? Promise.resolve() : this.membership.confirmed();
  }

  wantsToFetch(): void {
    this.#fetcher.poke();
  }

  /** An outage is told when it begins, and now and then while it lasts. */
  onTrouble(error: unknown): void {
    if (this.#closing !== undefined) return;
    const isOutage = isThroughlineError(error, "LOG_UNAVAILABLE");
    const nowMs = performance.now();
    if (isOutage && nowMs - this.#toldMs < tellAgainAfterMs) return;
    if (isOutage) this.#toldMs = nowMs;
    this.#tell(error);
  }

  end(error: unknown): void {
    if (this.#closing !== undefined) return;
    this.#tell(error);
    void this.close();
  }

  // --- what the group decides

  #onAssigned(wirePartitions: readonly TopicPartition[]): void {
    const { names } = this.#options.cluster;
    this.#assigned = wirePartitions.flatMap(({ topic: wireName, partition }) => {
      const topic = names.fromWire(wireName);
      return topic === null ? [] : [{ topic, partition }];
    });
    const { revoked, added } = this.#held.compare(this.#assigned);
    if (revoked.length > 0) void this.#drain(revoked).then(() => this.membership.joinAgain());
    if (added.length > 0) this.#adopting = this.#adopting.then(() => this.#adopt(added));
    this.#firstAssignment.resolve();
  }

  /** Until it works, or a newer generation says otherwise. */
  async #adopt(partitions: readonly TopicPartition[]): Promise<void> {
    for (let attempt = 1; this.#closing === undefined; attempt += 1) {
      const wanted = this.#held
        .compare(this.#assigned)
        .added.filter(({ topic, partition }) => partitions.some((p) => p.topic === topic && p.partition === partition));
      if (wanted.length === 0 || this.membership.identity() === null) return;
      try {
        await this.#held.adopt(wanted);
        return;
      } catch (error) {
        if (isThroughlineError(error) && !error.retryable && error.code !== "LOG_TOPIC_UNKNOWN") return this.end(error);
        this.onTrouble(error);
        await delay(backoffMs(attempt));
      }
    }
  }

  /** They are no longer read, and belong to this member until `onRevoked` settles or its time is over. */
  #drain(feeds: readonly PartitionFeed[]): Promise<void> {
    for (const feed of feeds) feed.stop("revoking");
    const drained = this.#drained(feeds);
    this.#draining.add(drained);
    void drained.finally(() => this.#draining.delete(drained));
    return drained;
  }

  async #drained(feeds: readonly PartitionFeed[]): Promise<void> {
    const revoking = (async () => {
      await Promise.all(feeds.map(({ assigned }) => assigned));
      const still = feeds.filter(({ state }) => state === "revoking");
      if (still.length > 0) await this.#options.subscribe.onRevoked(still.map(({ topic, partition }) => ({ topic, partition })));
    })();
    await settledWithin(
      revoking.catch((error: unknown) => this.onTrouble(error)),
      this.#drainMs,
      () => undefined,
    );
    await settledWithin(
      this.#committer.flush().catch((error: unknown) => this.onTrouble(error)),
      this.#sessionMs,
      () => undefined,
    );
    crashPoint("group.before-release-commit");
    const dropped = this.#held.drop(feeds);
    this.#committer.forget(dropped);
    crashPoint("group.after-release");
  }

  #lose(feeds: readonly PartitionFeed[]): void {
    const lost = this.#held.drop(feeds);
    this.#committer.forget(lost);
    if (lost.length > 0) this.#options.subscribe.onLost(lost.map(({ topic, partition }) => ({ topic, partition })));
  }

  #onTopicGone(feed: PartitionFeed): void {
    if (feed.state === "gone") return;
    this.#lose(this.#held.all().filter(({ topicId }) => topicId === feed.topicId));
    this.membership.joinAgain();
  }

  #tell(error: unknown): void {
    this.#options.subscribe.onError(error instanceof Error ? error : new Error(String(error)));
  }

  async #leave(): Promise<void> {
    const held = this.#held.all().filter(({ state }) => state === "held");
    await Promise.all([...this.#draining, ...(held.length > 0 ? [this.#drain(held)] : [])]);
    this.#firstAssignment.resolve();
    await this.#fetcher.close();
    await this.membership.leave();
    this.#committer.close();
    this.#options.onClosed(this);
  }
}

/** Waits until `promise` settles, but not longer than `timeoutMs`. Rejects as it does. */
async function settledWithin(promise: Promise<void>, timeoutMs: number, onTimeout: () => void): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    onTimeout();
    resolve();
  }, timeoutMs);
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
