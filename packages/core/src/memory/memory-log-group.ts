import type { AssignedPartition, CommittedOffset, GroupInfo } from "../seams/event-log.ts";
import { shareOut } from "./memory-log-assignment.ts";
import type { MemoryMember } from "./memory-log-member.ts";
import type { MemoryPartition } from "./memory-log-partition.ts";

/** A member has a partition, or is being asked to let it go. */
interface Holding {
  readonly member: MemoryMember;
  revoking: boolean;
}

/**
 * A consumer group: who holds what, and what was committed. Rebalances are cooperative: only partitions that move are
 * revoked, and each is given to its new owner when the old one has let it go.
 */
export class MemoryGroup {
  readonly name: string;
  readonly #partitionsOf: (topic: string) => readonly MemoryPartition[];
  readonly #members = new Set<MemoryMember>();
  readonly #leaving = new Set<MemoryMember>();
  readonly #joining = new Map<MemoryMember, () => void>();
  readonly #holdings = new Map<MemoryPartition, Holding>();
  readonly #committed = new Map<MemoryPartition, number>();

  constructor(name: string, partitionsOf: (topic: string) => readonly MemoryPartition[]) {
    this.name = name;
    this.#partitionsOf = partitionsOf;
  }

  get members(): readonly MemoryMember[] {
    return [...this.#members];
  }

  /** Resolves when the member's first assignment is known. */
  join(member: MemoryMember): Promise<void> {
    const known = Promise.withResolvers<void>();
    this.#joining.set(member, known.resolve);
    const namesake = this.members.find(
      (other) => member.instanceId !== null && other.instanceId === member.instanceId && !this.#leaving.has(other),
    );
    this.#members.add(member);
    if (namesake !== undefined) this.#takeOver(namesake, member);
    this.rebalance();
    return known.promise;
  }

  /** Drains the member's partitions, then gives them to the others. */
  async leave(member: MemoryMember): Promise<void> {
    this.#leaving.add(member);
    for (const partition of this.#heldBy(member)) this.#revoking(partition);
    await member.revoke(member.partitions());
    this.remove(member);
  }

  /** The member is gone, as far as the group knows: what it held is given to the others at once. */
  remove(member: MemoryMember): void {
    this.#forgetMember(member);
    for (const partition of this.#heldBy(member)) this.#holdings.delete(partition);
    this.rebalance();
  }

  commit(member: MemoryMember, partition: MemoryPartition, nextOffset: number): void {
    if (this.#holdings.get(partition)?.member === member) this.#committed.set(partition, nextOffset);
  }

  /** The partitions of a deleted topic: their holders lose them, and their offsets are forgotten. */
  forgetPartitions(partitions: readonly MemoryPartition[]): void {
    const holders = new Set(partitions.map((partition) => this.#holdings.get(partition)?.member));
    for (const partition of partitions) {
      this.#committed.delete(partition);
      this.#holdings.delete(partition);
    }
    for (const holder of holders) holder?.lose(partitions);
    this.rebalance();
  }

  describe(partition: MemoryPartition): AssignedPartition {
    const { earliest, end } = partition.offsets;
    return {
      ...partition.place,
      topicId: partition.topic.id,
      earliestOffset: earliest,
      endOffset: end,
      committedOffset: this.#committed.get(partition) ?? null,
    };
  }

  committedOffsets(): CommittedOffset[] {
    return [...this.#committed].map(([partition, offset]) => ({ ...partition.place, offset }));
  }

  info(): GroupInfo {
    const moving = [...this.#holdings.values()].some((holding) => holding.revoking);
    return {
      group: this.name,
      state: this.#members.size === 0 ? "empty" : moving ? "rebalancing" : "stable",
      members: this.members.map((member) => ({
        id: member.id,
        clientId: member.clientId,
        instanceId: member.instanceId,
        partitions: this.#heldBy(member).map((partition) => partition.place),
      })),
    };
  }

  /** Asks for what is to move, and gives away what is free. Called whenever members or partitions changed. */
  rebalance(): void {
    const members = this.members.filter((member) => !this.#leaving.has(member));
    const owners = this.#shareOut(members);
    for (const member of members) {
      const moving = this.#heldBy(member).filter(
        (partition) => !this.#holdings.get(partition)?.revoking && owners.get(partition) !== member,
      );
      if (moving.length > 0) void this.#revoke(member, moving);
      const free = [...owners.keys()].filter((partition) => owners.get(partition) === member && !this.#holdings.has(partition));
      if (free.length > 0) this.#give(free, member);
    }
    const waiting = new Set(
      [...owners].filter(([partition, owner]) => this.#holdings.get(partition)?.member !== owner).map(([, owner]) => owner),
    );
    for (const [member, known] of this.#joining) {
      if (waiting.has(member)) continue;
      this.#joining.delete(member);
      known();
    }
  }

  #shareOut(members: readonly MemoryMember[]): Map<MemoryPartition, MemoryMember> {
    const topics = new Set(members.flatMap((member) => [...member.topics]));
    return shareOut(
      [...topics].flatMap((topic) => this.#partitionsOf(topic)),
      members,
      (member, partition) => member.topics.has(partition.topic.name),
      (partition) => {
        const holding = this.#holdings.get(partition);
        return holding?.revoking ? undefined : holding?.member;
      },
    );
  }

  async #revoke(member: MemoryMember, partitions: readonly MemoryPartition[]): Promise<void> {
    const holdings = partitions.map((partition) => this.#revoking(partition));
    await member.revoke(partitions);
    partitions.forEach((partition, i) => {
      if (this.#holdings.get(partition) === holdings[i]) this.#holdings.delete(partition);
    });
    this.rebalance();
  }

  /** The newcomer bears the name of a member whose process is presumed dead: nothing moves but to it, and what it does not read. */
  #takeOver(namesake: MemoryMember, newcomer: MemoryMember): void {
    const held = this.#heldBy(namesake);
    const isKept = (partition: MemoryPartition): boolean =>
      !this.#holdings.get(partition)?.revoking && newcomer.topics.has(partition.topic.name);
    const kept = held.filter(isKept);
    for (const partition of held) this.#holdings.delete(partition);
    this.#forgetMember(namesake);
    namesake.replace();
    if (kept.length > 0) this.#give(kept, newcomer);
  }

  #give(partitions: readonly MemoryPartition[], member: MemoryMember): void {
    for (const partition of partitions) this.#holdings.set(partition, { member, revoking: false });
    member.assign(partitions);
  }

  #revoking(partition: MemoryPartition): Holding | undefined {
    const holding = this.#holdings.get(partition);
    if (holding !== undefined) holding.revoking = true;
    return holding;
  }

  #heldBy(member: MemoryMember): MemoryPartition[] {
    return [...this.#holdings.keys()].filter((partition) => this.#holdings.get(partition)?.member === member);
  }

  #forgetMember(member: MemoryMember): void {
    this.#members.delete(member);
    this.#leaving.delete(member);
    this.#joining.get(member)?.();
    this.#joining.delete(member);
  }
}
