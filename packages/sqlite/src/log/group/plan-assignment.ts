export interface PlannedPartition {
  readonly topic: string;
  /** Who was to have it so far; it stays there if it can. */
  readonly target: string | null;
}

export interface PlannedMember {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
}

/**
 * Who shall own each partition: everybody about as many as the others, and as few partitions moved as that takes. Answers one
 * member's id, or null where nobody wants the topic, for each partition, in the order given. Same input, same answer.
 */
export function planAssignment(partitions: readonly PlannedPartition[], members: readonly PlannedMember[]): (string | null)[] {
  const plan = new Plan(partitions, members);
  plan.keepWhatIsHeld();
  plan.giveWhatIsFree();
  plan.evenOut();
  return plan.owners;
}

class Plan {
  readonly owners: (string | null)[];
  readonly #partitions: readonly PlannedPartition[];
  readonly #members: readonly PlannedMember[];
  readonly #held = new Map<string, number[]>();

  constructor(partitions: readonly PlannedPartition[], members: readonly PlannedMember[]) {
    this.#partitions = partitions;
    this.#members = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.owners = partitions.map(() => null);
    for (const { id } of this.#members) this.#held.set(id, []);
  }

  keepWhatIsHeld(): void {
    const wants = new Map(this.#members.map((member) => [member.id, member.topics]));
    for (const [index, { topic, target }] of this.#partitions.entries()) {
      if (target !== null && wants.get(target)?.has(topic) === true) this.#give(index, target);
    }
  }

  giveWhatIsFree(): void {
    for (const [index, owner] of this.owners.entries()) {
      if (owner !== null) continue;
      const heir = this.#byLoad().find((member) => member.topics.has(this.#topicOf(index)));
      if (heir !== undefined) this.#give(index, heir.id);
    }
  }

  /** Moves one partition from a fuller member to an emptier one until no two that could share differ by more than one. */
  evenOut(): void {
    while (this.#moveOne());
  }

  #moveOne(): boolean {
    const byLoad = this.#byLoad();
    for (const from of byLoad.toReversed()) {
      const held = this.#heldBy(from.id);
      for (const to of byLoad) {
        if (held.length - this.#heldBy(to.id).length < 2) break;
        const index = held.findLast((candidate) => to.topics.has(this.#topicOf(candidate)));
        if (index === undefined) continue;
        held.splice(held.indexOf(index), 1);
        this.#give(index, to.id);
        return true;
      }
    }
    return false;
  }

  #give(index: number, member: string): void {
    this.owners[index] = member;
    this.#heldBy(member).push(index);
  }

  #byLoad(): PlannedMember[] {
    return this.#members.toSorted((a, b) => this.#heldBy(a.id).length - this.#heldBy(b.id).length);
  }

  #heldBy(member: string): number[] {
    return this.#held.get(member) ?? [];
  }

  #topicOf(index: number): string {
    return this.#partitions[index]?.topic ?? "";
  }
}
