import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { TopicPartition } from "throughline/seams";
import { nameOf, planAssignment, type PlannedMember } from "./plan-assignment.ts";

const t = (partition: number, topic = "t"): TopicPartition => ({ topic, partition });
const member = (id: string, owned: TopicPartition[] = [], generation = 1, topics = ["t"]): PlannedMember => ({
  id,
  topics: new Set(topics),
  owned,
  generation,
});
const plan = (members: PlannedMember[], topics: Record<string, number>): Record<string, string[]> =>
  Object.fromEntries(
    [...planAssignment(members, new Map(Object.entries(topics)))].map(([id, share]) => [id, share.map(nameOf).sort()]),
  );

describe("planAssignment", () => {
  it("gives all to the only member", () => {
    assert.deepEqual(plan([member("a")], { t: 3 }), { a: ["t/0", "t/1", "t/2"] });
  });

  it("gives what moves to nobody, until its holder has let it go", () => {
    const first = plan([member("a", [t(0), t(1)]), member("b")], { t: 2 });
    assert.deepEqual(first, { a: ["t/0"], b: [] });
    assert.deepEqual(plan([member("a", [t(0)], 2), member("b", [], 2)], { t: 2 }), { a: ["t/0"], b: ["t/1"] });
  });

  it("believes who heard of the group later, of two that claim a partition", () => {
    assert.deepEqual(plan([member("zombie", [t(0)], 1), member("heir", [t(0)], 2)], { t: 1 }), { zombie: [], heir: ["t/0"] });
  });

  it("gives nobody a topic that it did not ask for, or a partition that is no more", () => {
    const members = [member("a", [t(5), t(0, "gone")], 1, ["t"]), member("b", [], 1, ["u"])];
    assert.deepEqual(plan(members, { t: 2, u: 1 }), { a: ["t/0", "t/1"], b: ["u/0"] });
  });

  it("leaves a partition without a member whose topic nobody asked for", () => {
    assert.deepEqual(plan([member("a", [], 1, ["t"])], { t: 1, other: 1 }), { a: ["t/0"] });
  });

  it("after a few rounds gives each partition to one member, evenly, and moves no more", () => {
    const scenario = fc.record({
      counts: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
      steps: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(scenario, ({ counts, steps }) => {
        const topics = new Map(counts.map((count, i) => [`t${i}`, count]));
        const all = [...topics].flatMap(([topic, count]) => Array.from({ length: count }, (_, p) => nameOf(t(p, topic))));
        let shares = new Map<string, TopicPartition[]>();
        for (const [generation, size] of steps.entries()) {
          for (let round = 0; round < 3; round += 1) {
            const members = Array.from({ length: size }, (_, i) =>
              member(`m${i}`, shares.get(`m${i}`) ?? [], generation * 3 + round, [...topics.keys()]),
            );
            const owners = new Map(members.flatMap(({ id, owned }) => owned.map((partition) => [nameOf(partition), id])));
            const planned = planAssignment(members, topics);
            for (const [id, share] of planned)
              for (const partition of share) assert.equal(owners.get(nameOf(partition)) ?? id, id, "given away while it is held");
            shares = planned;
          }
          const sizes = [...shares.values()].map(({ length }) => length);
          assert.deepEqual([...shares.values()].flat().map(nameOf).sort(), all.sort());
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
        }
      }),
      { numRuns: 300 },
    );
  });
});
