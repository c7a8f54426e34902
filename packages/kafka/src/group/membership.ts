import { setTimeout as delay } from "node:timers/promises";
import { coreError, crashPoint, isThroughlineError, type TopicPartition } from "throughline/seams";
import type { Api, BrokerLink } from "../connection/broker-link.ts";
import { apis } from "../connection/apis.ts";
import { backoffMs } from "../connection/backoff.ts";
import { type Cluster, groupFailure } from "../connection/cluster.ts";
import { isRetriable, kafkaError, protocolCodes } from "../errors/index.ts";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  readAssignment,
} from "./consumer-protocol.ts";
import { nameOf, planAssignment } from "./plan-assignment.ts";

const protocolType = "consumer";
const protocolName = "cooperative-sticky";
const slowestHeartbeatMs = 500;
/** Beyond the drain: how long the others may take to hear that they must join again. */
const joinSlackMs = 3_000;

export interface MembershipOptions {
  readonly cluster: Cluster;
  readonly group: string;
  /** As on the wire. */
  readonly topics: readonly string[];
  /** What `groups()` shows this member as. */
  readonly clientId: string | undefined;
  readonly instanceId: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** How often topics are looked up: new ones, more partitions, topics of the same name. */
  readonly topicPollMs: number;
}

export interface MembershipHost {
  /** As on the wire: what is held now, what is being drained included. */
  owned(): readonly TopicPartition[];
  /** A generation has begun, in which these partitions are this member's. */
  onAssigned(partitions: readonly TopicPartition[]): void;
  /** The session is over: nothing is this member's any more. It joins again by itself. */
  onLost(): void;
  onTrouble(error: unknown): void;
  /** It cannot go on. */
  end(error: unknown): void;
}

/** Who this member is to the coordinator, as offset commits say it. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly generation: number;
  readonly instanceId: string | null;
}

/** The link's name is the member's own: a join keeps a link waiting until all members have joined. */
let membersMade = 0;

/**
 * This member's part in the classic group protocol with cooperative assignment: joins, tells what it holds, plans if it leads, beats,
 * and joins again when the group changes. The partitions that it keeps are read on throughout.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #host: MembershipHost;
  readonly #purpose = `member-${(membersMade += 1)}` as const;
  readonly #closing = new AbortController();
  readonly #heartbeatMs: number;
  #memberId = "";
  #generation = -1;
  /** Those of this generation, if this member leads it: topics on the wire and their partitions. */
  #led: ReadonlyMap<string, string> | null = null;
  #groupTopics: readonly string[] = [];
  #joinWanted = true;
  /** It has come back under its name, and what nobody owns was not looked for yet. */
  #mayLeaveGaps = false;
  #wake: (() => void) | undefined;
  #heartbeatsPaused = false;
  /** When the coordinator last confirmed the session. */
  #confirmedMs = 0;
  #confirmation = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(options: MembershipOptions, host: MembershipHost) {
    this.#options = options;
    this.#host = host;
    this.#heartbeatMs = Math.min(slowestHeartbeatMs, options.sessionTimeoutMs / 3);
  }

  /** Null while this member is in no generation. */
  identity(): MemberIdentity | null {
    const { instanceId = null } = this.#options;
    return this.#generation < 0 ? null : { memberId: this.#memberId, generation: this.#generation, instanceId };
  }

  /** Rejects when the group can never be joined; then `end` is not called. */
  async start(): Promise<void> {
    this.#groupTopics = this.#options.topics;
    await this.#retrying(() => this.#join());
    this.#running = this.#run();
  }

  /** Joins again soon, with what is held then. */
  joinAgain(): void {
    this.#joinWanted = true;
    this.#wake?.();
  }

  /** Whether the coordinator confirmed the session within its time. */
  isConfirmed(): boolean {
    return performance.now() - this.#confirmedMs < this.#options.sessionTimeoutMs;
  }

  /** Settles when the session is confirmed (again), or this member ends. */
  async confirmed(): Promise<void> {
    while (!this.isConfirmed() && !this.#closing.signal.aborted) {
      this.#wake?.();
      await this.#confirmation.promise;
    }
  }

  /** For tests: nothing is sent to the coordinator until `resumeHeartbeats`, so that the session runs out. */
  pauseHeartbeats(): void {
    this.#heartbeatsPaused = true;
  }

  resumeHeartbeats(): void {
    this.#heartbeatsPaused = false;
    this.#wake?.();
  }

  /** Leaves the group at once. */
  async leave(): Promise<void> {
    this.#closing.abort();
    this.#confirm();
    this.#wake?.();
    // A join may wait for others; leaving ends it on the coordinator's side.
    if (this.#memberId !== "") await this.#leave().catch((error: unknown) => this.#host.onTrouble(error));
    const { cluster } = this.#options;
    await Promise.all([cluster.closeLinks(this.#purpose), cluster.closeLinks(`${this.#purpose}-join`)]);
    await this.#running;
  }

  async #leave(): Promise<void> {
    const { cluster, group, instanceId = null } = this.#options;
    const link = cluster.link(await cluster.coordinator(group));
    await link.call(apis.leaveGroup, group, [{ memberId: this.#memberId, groupInstanceId: instanceId, reason: "closed" }]);
    crashPoint("group.after-leave");
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let looked = performance.now();
    let beaten = performance.now();
    while (!signal.aborted) {
      await this.#pause(this.#heartbeatMs - (performance.now() - beaten));
      if (signal.aborted || this.#heartbeatsPaused) continue;
      try {
        if (this.#joinWanted) await this.#join();
        // A round that came to nothing leaves this member in a generation that is over.
        if (this.#joinWanted) continue;
        beaten = performance.now();
        await this.#beat();
        if (this.#mayLeaveGaps && !this.#joinWanted) await this.#lookForGaps();
        if (performance.now() - looked > this.#options.topicPollMs) {
          looked = performance.now();
          await this.#lookForTopics();
        }
      } catch (error) {
        await this.#onFailure(error);
      }
    }
  }

  async #onFailure(failure: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (isThroughlineError(failure) && !failure.retryable) {
      this.#closing.abort();
      this.#confirm();
      this.#host.end(failure);
      return;
    }
    this.#host.onTrouble(failure);
    this.#options.cluster.forgetCoordinator(this.#options.group);
    await delay(backoffMs(3), undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  /** Until the time is over, or somebody wants something at once. */
  async #pause(ms: number): Promise<void> {
    if (this.#joinWanted && !this.#heartbeatsPaused) return;
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, Math.max(0, ms));
    await woken.promise;
    clearTimeout(timer);
  }

  async #retrying(attempt: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + this.#options.cluster.patience.giveUpAfterMs;
    for (let count = 1; ; count += 1) {
      try {
        return await attempt();
      } catch (error) {
        const isOver = performance.now() > deadline || this.#closing.signal.aborted;
        if (isOver || !isThroughlineError(error) || !error.retryable) throw error;
        this.#options.cluster.forgetCoordinator(this.#options.group);
        await delay(backoffMs(count));
      }
    }
  }

  async #beat(): Promise<void> {
    const { group, instanceId = null } = this.#options;
    const { errorCode } = await this.#ask(apis.heartbeat, group, this.#generation, this.#memberId, instanceId);
    if (errorCode === protocolCodes.none) this.#confirm();
    else if (errorCode === protocolCodes.rebalanceInProgress) {
      this.#confirm();
      this.#joinWanted = true;
    } else this.#refused(errorCode, "beat in");
  }

  async #join(): Promise<void> {
    try {
      await this.#joinOnce();
    } catch (error) {
      this.#joinWanted = true;
      throw error;
    }
  }

  /** One round: join, plan if this member leads, and learn what is assigned. */
  async #joinOnce(): Promise<void> {
    const { group, topics, instanceId = null, sessionTimeoutMs, drainTimeoutMs } = this.#options;
    this.#joinWanted = false;
    const metadata = encodeSubscription({ topics, owned: this.#host.owned(), generation: this.#generation });
    crashPoint("group.before-join-commit");
    const joined = await this.#ask(
      apis.joinGroup,
      group,
      sessionTimeoutMs,
      drainTimeoutMs + joinSlackMs,
      this.#memberId,
      instanceId,
      protocolType,
      [{ name: protocolName, metadata }],
      null,
    );
    if (this.#closing.signal.aborted) {
      this.#memberId ||= joined.memberId;
      return;
    }
    if (joined.errorCode === protocolCodes.memberIdRequired) {
      this.#memberId = joined.memberId;
      return this.#joinOnce();
    }
    if (joined.errorCode !== protocolCodes.none) return this.#refused(joined.errorCode, "join");
    this.#memberId = joined.memberId;
    crashPoint("group.after-join");
    const leads = joined.leader === joined.memberId;
    const assignments = leads ? await this.#plan(joined.members, joined.skipAssignment) : [];
    if (!leads) this.#led = null;
    const synced = await this.#ask(
      apis.syncGroup,
      group,
      joined.generationId,
      this.#memberId,
      instanceId,
      protocolType,
      protocolName,
      assignments,
    );
    if (synced.errorCode === protocolCodes.rebalanceInProgress) {
      this.#joinWanted = true;
      return;
    }
    if (synced.errorCode !== protocolCodes.none) return this.#refused(synced.errorCode, "join");
    if (assignments.length > 0) {
      crashPoint("group.after-replan");
    }
    this.#mayLeaveGaps = this.#generation < 0 && instanceId !== null;
    this.#generation = joined.generationId;
    this.#confirm();
    this.#host.onAssigned(decodeAssignment(synced.assignment));
  }

  async #plan(members: readonly { readonly memberId: string; readonly metadata: Buffer | null }[], isPlanned: boolean) {
    const known = members.map(({ memberId, metadata }) => ({
      id: memberId,
      ...decodeSubscription(metadata ?? Buffer.alloc(0)),
    }));
    this.#groupTopics = [...new Set(known.flatMap(({ topics }) => topics))];
    const found = await this.#existing();
    this.#led = new Map(found.map(({ wireName, id, partitions }) => [wireName, `${id} ${partitions}`]));
    if (isPlanned) return [];
    const plan = planAssignment(
      known.map(({ id, topics, owned, generation }) => ({ id, topics: new Set(topics), owned, generation })),
      new Map(found.map(({ wireName, partitions }) => [wireName, partitions])),
    );
    return [...plan].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  /**
   * A process that comes back under its name gets what the coordinator kept for the name, in the generation that there is. What its
   * predecessor was about to let go, or a topic that it did not read, is nobody's then, and what it read alone is this one's: only
   * a new generation mends that.
   */
  async #lookForGaps(): Promise<void> {
    const { cluster, group, topics } = this.#options;
    const link = cluster.link(await cluster.coordinator(group));
    const [described] = (await link.call(apis.describeGroups, [group], false)).groups;
    // On its way to a new generation anyhow; looked at again after the next beat.
    if (described?.errorCode === protocolCodes.none && described.groupState !== "Stable") return;
    const members = described?.members ?? [];
    const owned = new Set(members.flatMap(({ memberAssignment }) => readAssignment(memberAssignment)).map(nameOf));
    const own = members.filter(({ memberId }) => memberId === this.#memberId);
    const isUnread = own.some((each) => readAssignment(each.memberAssignment).some(({ topic }) => !topics.includes(topic)));
    const existing = await this.#existing();
    const isOwned = ({ wireName, partitions }: (typeof existing)[number]): boolean =>
      Array.from({ length: partitions }, (_, partition) => nameOf({ topic: wireName, partition })).every((name) =>
        owned.has(name),
      );
    this.#mayLeaveGaps = false;
    if (isUnread || !existing.every(isOwned)) this.#joinWanted = true;
  }

  /** The leader watches the topics of all members. */
  async #lookForTopics(): Promise<void> {
    if (this.#led === null) return;
    const found = await this.#existing();
    const led = this.#led;
    const isSame =
      found.length === led.size && found.every(({ wireName, id, partitions }) => led.get(wireName) === `${id} ${partitions}`);
    if (!isSame) this.#joinWanted = true;
  }

  async #existing(): Promise<{ wireName: string; id: string; partitions: number }[]> {
    const { names } = this.#options.cluster;
    const ours = this.#groupTopics.flatMap((wireName) => names.fromWire(wireName) ?? []);
    const found = await this.#options.cluster.refreshAll(ours);
    return found.map(({ name, id, partitions }) => ({ wireName: names.onWire(name), id, partitions: partitions.length }));
  }

  /** The coordinator refused: joins anew where that can help. */
  #refused(code: number, operation: string): void {
    const { group, instanceId = "", sessionTimeoutMs } = this.#options;
    if (code === protocolCodes.fencedInstanceId) throw coreError("LOG_MEMBER_REPLACED", { group, instanceId });
    if (code === protocolCodes.inconsistentGroupProtocol)
      throw kafkaError("KAFKA_GROUP_FOREIGN", { group, what: `they do not share partitions by "${protocolName}"` });
    if (code === protocolCodes.invalidSessionTimeout) throw kafkaError("KAFKA_SESSION_INVALID", { group, sessionTimeoutMs });
    if (code === protocolCodes.rebalanceInProgress || code === protocolCodes.illegalGeneration) {
      // The coordinator knows this member, and so does the plan of the next generation: nobody was given what it holds.
      this.#joinWanted = true;
      return;
    }
    if (code !== protocolCodes.unknownMemberId) throw groupFailure(group, code, operation);
    this.#memberId = "";
    this.#generation = -1;
    this.#joinWanted = true;
    this.#host.onLost();
  }

  async #ask<Args extends unknown[], Response extends { readonly errorCode: number }>(
    api: Api<Args, Response>,
    ...args: Args
  ): Promise<Response> {
    const { cluster, group, clientId, drainTimeoutMs } = this.#options;
    const node = await cluster.coordinator(group);
    const isJoin = api.key === apis.joinGroup.key || api.key === apis.syncGroup.key;
    const waitMs = isJoin ? drainTimeoutMs + joinSlackMs : 0;
    // A join may take as long as the slowest member; a beat may not.
    const purpose = isJoin ? (`${this.#purpose}-join` as const) : this.#purpose;
    const link: BrokerLink = cluster.link(node, purpose, cluster.requestTimeoutMs + waitMs, clientId);
    const response = await link.call(api, ...args);
    // The coordinator has moved, or is not ready.
    if (isRetriable(response.errorCode)) {
      cluster.forgetCoordinator(group);
      throw groupFailure(group, response.errorCode, "use");
    }
    return response;
  }

  #confirm(): void {
    this.#confirmedMs = performance.now();
    this.#confirmation.resolve();
    this.#confirmation = Promise.withResolvers();
  }
}
