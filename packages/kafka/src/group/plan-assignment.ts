import type { TopicPartition } from "throughline/seams";

export interface PlannedMember {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  /** What it holds, or held when it last heard of the group. */
  readonly owned: readonly TopicPartition[];
  /** The generation in which it heard of it. */
  readonly generation: number;
}

/**
 * Who shall read what, for the cooperative protocol: as even as members' topics allow, moving as few partitions as possible. A
 * partition that moves is given to nobody in this round: its holder lets it go first and joins again.
 *
 * @example plan([{ id: "a", topics, owned: [p0, p1], generation: 1 }, { id: "b", topics, owned: [], generation: -1 }], new Map([["t", 2]]))
 *   // a keeps p0; p1 is on its way to b
 */
export function planAssignment(
  members: readonly PlannedMember[],
  topics: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const holders = holdersOf(members, topics);
  const shares = new Map(members.map(({ id }) => [id, [] as TopicPartition[]]));
  const byId = new Map(members.map((member) => [member.id, member]));
  const load = (id: string): number => shares.get(id)?.length ?? 0;
  const lightest = (topic: string): string | undefined =>
    members
      .filter((member) => member.topics.has(topic))
      .map(({ id }) => id)
      .sort((a, b) => load(a) - load(b) || (a < b ? -1 : 1))[0];

  const free: TopicPartition[] = [];
  for (const [topic, count] of [...topics].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (let partition = 0; partition < count; partition += 1) {
      const holder = holders.get(nameOf({ topic, partition }));
      if (holder === undefined) free.push({ topic, partition });
      else shares.get(holder)?.push({ topic, partition });
    }
  }
  for (const partition of free) {
    const id = lightest(partition.topic);
    if (id !== undefined) shares.get(id)?.push(partition);
  }
  // Each move makes a difference of two or more smaller by two, so this ends.
  for (let moved = true; moved;) {
    moved = false;
    for (const id of [...byId.keys()].sort((a, b) => load(b) - load(a))) {
      const share = shares.get(id) as TopicPartition[];
      const at = share.findLastIndex(({ topic }) => load(lightest(topic) ?? id) <= share.length - 2);
      if (at < 0) continue;
      const [partition] = share.splice(at, 1);
      if (partition !== undefined) shares.get(lightest(partition.topic) as string)?.push(partition);
      moved = true;
      break;
    }
  }
  const isFree = (id: string, partition: TopicPartition): boolean => (holders.get(nameOf(partition)) ?? id) === id;
  return new Map([...shares].map(([id, share]) => [id, share.filter((partition) => isFree(id, partition))]));
}

/** Who holds each partition that exists and that its holder still wants. Of two that claim one, who heard of it later. */
function holdersOf(members: readonly PlannedMember[], topics: ReadonlyMap<string, number>): Map<string, string> {
  const holders = new Map<string, { id: string; generation: number }>();
  for (const { id, topics: wanted, owned, generation } of members) {
    for (const { topic, partition } of owned) {
      const name = nameOf({ topic, partition });
      const other = holders.get(name);
      if (!wanted.has(topic) || partition >= (topics.get(topic) ?? 0)) continue;
      if (other === undefined || other.generation < generation) holders.set(name, { id, generation });
    }
  }
  return new Map([...holders].map(([name, { id }]) => [name, id]));
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
