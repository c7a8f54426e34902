import { randomUUID } from "node:crypto";
import {
  coreError,
  isAlive,
  type RecordBatch,
  type SubscribeOptions,
  type Subscription,
  thisProcess,
  type TopicPartition,
} from "throughline/seams";
import { sqliteError } from "../../errors/index.ts";
import type { FoundTopic } from "../log-file.ts";
import type { GroupFile, GroupSnapshot } from "./group-file.ts";
import { isGone } from "./is-gone.ts";
import { machineNowMs } from "./machine-clock.ts";
import { MemberPartitions, type PartitionsHost } from "./member-partitions.ts";
import { settledWithin } from "./settled-within.ts";

/** How often the pids of the other members are looked up: how soon a killed one is replaced. */
const pidCheckMs = 300;
const slowestHeartbeatMs = 2_500;

export interface GroupMemberOptions {
  readonly file: GroupFile;
  /** Those of these topics that exist. */
  readonly findTopics: (names: ReadonlySet<string>) => Promise<FoundTopic[]>;
  readonly subscribe: SubscribeOptions;
  /** Who closes the log closes the member, from now until `onClosed`. */
  readonly onJoining: (member: GroupMember) => void;
  readonly onClosed: (member: GroupMember) => void;
}

/**
 * One member of a group.
 *
 * The file of groups says who shall read each partition (target) and who does (owner). A member looks at it when it is woken, and
 * with each heartbeat: what it owns and shall not, it drains and releases; what it shall own and nobody does, it acquires; what it
 * owned and does no longer, it has lost. Whoever finds members gone or topics new writes new targets.
 */
export class GroupMember implements Subscription, PartitionsHost {
  readonly id = randomUUID();
  readonly maxBatchRecords: number;
  readonly #options: GroupMemberOptions;
  readonly #group: string;
  readonly #sessionMs: number;
  readonly #partitions: MemberPartitions;
  /** When the session was last confirmed, by the machine's clock. */
  #confirmedMs = 0;
  #foreignProcesses: ReadonlySet<string> = new Set();
  #stopTimers: () => void = () => undefined;
  #syncing: Promise<void> | undefined;
  #syncAgain = false;
  #confirming: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#group = options.subscribe.group;
    this.#sessionMs = options.subscribe.sessionTimeoutMs ?? 10_000;
    this.maxBatchRecords = options.subscribe.maxBatchRecords ?? 500;
    this.#partitions = new MemberPartitions(options.file, options.subscribe, this);
  }

  static async join(options: GroupMemberOptions): Promise<GroupMember> {
    const member = new GroupMember(options);
    options.onJoining(member);
    try {
      await member.#join();
      if (member.#closing !== undefined) throw coreError("LOG_CLOSED", {});
    } catch (error) {
      options.onClosed(member);
      throw error;
    }
    member.#startTimers();
    await settledWithin(member.#sync(), member.#sessionMs);
    return member;
  }

  assigned(): readonly TopicPartition[] {
    return this.#partitions.held();
  }

  commit(partition: TopicPartition, nextOffset: number): void {
    this.#partitions.commit(partition, nextOffset);
  }

  flush(): Promise<void> {
    return this.#partitions.flush();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partitions.find(partition)?.pause();
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partitions.find(partition)?.resume();
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#partitions.find(partition)?.seek(offset);
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve(this.#syncing).then(() => this.#leave());
    return this.#closing;
  }

  // --- what its partitions ask of it

  deliver(batch: RecordBatch): Promise<void> {
    return this.#options.subscribe.onBatch(batch);
  }

  onTrouble(error: unknown): void {
    if (this.#closing === undefined) this.tell(error);
  }

  tell(error: unknown): void {
    this.#options.subscribe.onError(error instanceof Error ? error : new Error(String(error)));
  }

  end(error: unknown): void {
    this.tell(error);
    void this.close();
  }

  resync(): void {
    void this.#sync();
  }

  /** After a stop longer than the session others may own the partitions, so the file is asked before anything is delivered. */
  async confirmSession(): Promise<void> {
    if (machineNowMs() - this.#confirmedMs >= this.#sessionMs) await this.#confirm();
  }

  // --- membership

  async #join(): Promise<void> {
    const { file, findTopics, subscribe } = this.#options;
    const topics = await findTopics(new Set(subscribe.topics));
    // Nobody would take it out again.
    if (this.#closing !== undefined) throw coreError("LOG_CLOSED", {});
    const member = {
      id: this.id,
      clientId: subscribe.clientId ?? null,
      instanceId: subscribe.instanceId ?? null,
      process: thisProcess(),
      topics: subscribe.topics,
      sessionMs: this.#sessionMs,
    };
    this.#confirmedMs = await file.join(
      this.#group,
      member,
      topics.map(({ topic }) => topic),
    );
  }

  #startTimers(): void {
    const listener = this.#options.file.wake.listen(() => this.resync());
    // This timer keeps the process alive, as a connection to a broker would.
    const beat = (): void => void this.#confirm().catch((error: unknown) => this.onTrouble(error));
    const heartbeat = setInterval(beat, Math.min(slowestHeartbeatMs, this.#sessionMs / 3));
    const pids = setInterval(() => {
      if (![...this.#foreignProcesses].every(isAlive)) this.resync();
    }, pidCheckMs).unref();
    this.#stopTimers = () => {
      listener.stop();
      clearInterval(heartbeat);
      clearInterval(pids);
    };
  }

  /** Heartbeat, then a look at the group. One at a time. */
  #confirm(): Promise<void> {
    this.#confirming ??= this.#beat().finally(() => (this.#confirming = undefined));
    return this.#confirming;
  }

  async #beat(): Promise<void> {
    const confirmedMs = await this.#options.file.heartbeat(this.#group, this.id);
    if (confirmedMs !== null) this.#confirmedMs = confirmedMs;
    await this.#sync();
  }

  /** Brings this member into line with the file. A call during a run leads to one more run. Never rejects. */
  #sync(): Promise<void> {
    this.#syncAgain = true;
    this.#syncing ??= this.#syncUntilQuiet().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  async #syncUntilQuiet(): Promise<void> {
    while (this.#syncAgain && this.#closing === undefined) {
      this.#syncAgain = false;
      try {
        await this.#syncOnce();
      } catch (error) {
        this.onTrouble(error);
      }
    }
  }

  async #syncOnce(): Promise<void> {
    const { file, findTopics } = this.#options;
    const snapshot = await file.snapshot(this.#group);
    const { members, assignments } = snapshot;
    if (!members.some((member) => member.id === this.id)) return this.#joinAgain(snapshot);
    const topics = await findTopics(new Set(members.flatMap((member) => member.topics)));
    if (this.#needsPlan(snapshot, topics)) {
      await file.replan(
        this.#group,
        topics.map(({ topic }) => topic),
      );
      this.#syncAgain = true;
      return;
    }
    // The name of a static member is kept until its session runs out, so its pid says nothing.
    const mortal = members.filter((member) => member.instanceId === null && member.process !== thisProcess());
    this.#foreignProcesses = new Set(mortal.map((member) => member.process));
    this.#partitions.conform(assignments);
    const mine = assignments.filter((row) => row.target === this.id && (row.owner === null || row.owner === this.id));
    if (mine.every((row) => this.#partitions.has(row))) return;
    await this.#partitions.adopt(await file.acquire(this.#group, this.id), topics);
  }

  #needsPlan({ members, assignments }: GroupSnapshot, topics: readonly FoundTopic[]): boolean {
    const nowMs = machineNowMs();
    const idOf = new Map(topics.map(({ topic }) => [topic.name, topic.id]));
    const planned = new Set(assignments.map((row) => row.topicId));
    return (
      members.some((member) => member.id !== this.id && isGone(member, nowMs)) ||
      [...idOf.values()].some((id) => !planned.has(id)) ||
      assignments.some((row) => idOf.has(row.topic) && idOf.get(row.topic) !== row.topicId)
    );
  }

  /** Its session ran out, and the others went on without it. */
  async #joinAgain({ members }: GroupSnapshot): Promise<void> {
    this.#partitions.loseAll();
    const { instanceId } = this.#options.subscribe;
    if (instanceId !== undefined && members.some((member) => member.instanceId === instanceId)) {
      return this.end(sqliteError("LOG_INSTANCE_TAKEN", { group: this.#group, instanceId }));
    }
    await this.#join();
    this.#syncAgain = true;
  }

  async #leave(): Promise<void> {
    await this.#partitions.close();
    this.#stopTimers();
    try {
      await this.#options.file.leave(this.#group, this.id);
    } catch (error) {
      this.tell(error);
    }
    this.#options.onClosed(this);
  }
}
