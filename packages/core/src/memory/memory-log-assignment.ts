/**
 * Shares partitions among members: each goes to one member that wants it, the loads differ by at most one where the wishes
 * allow it, and no partition leaves its holder unless that evens out the loads.
 *
 * @example
 *   shareOut(["a/0", "a/1"], ["x", "y"], () => true, () => "x"); // Map { "a/0" → "y", "a/1" → "x" }
 */
export function shareOut<Partition, Member>(
  partitions: readonly Partition[],
  members: readonly Member[],
  wants: (member: Member, partition: Partition) => boolean,
  holder: (partition: Partition) => Member | undefined,
): Map<Partition, Member> {
  const owners = new Map<Partition, Member>();
  const loads = new Map(members.map((member) => [member, 0]));
  const load = (member: Member) => loads.get(member) ?? 0;
  const give = (partition: Partition, to: Member) => {
    const from = owners.get(partition);
    if (from !== undefined) loads.set(from, load(from) - 1);
    owners.set(partition, to);
    loads.set(to, load(to) + 1);
  };
  const idlest = (partition: Partition) =>
    members
      .filter((member) => wants(member, partition))
      .reduce<Member | undefined>(
        (least, member) => (least === undefined || load(member) < load(least) ? member : least),
        undefined,
      );

  for (const partition of partitions) {
    const held = holder(partition);
    if (held !== undefined && loads.has(held)) give(partition, held);
  }
  for (const partition of partitions) {
    const to = owners.has(partition) ? undefined : idlest(partition);
    if (to !== undefined) give(partition, to);
  }
  for (let moved = true; moved;) {
    moved = false;
    for (const [partition, owner] of owners) {
      const to = idlest(partition);
      if (to === undefined || load(owner) - load(to) < 2) continue;
      give(partition, to);
      moved = true;
    }
  }
  return owners;
}
