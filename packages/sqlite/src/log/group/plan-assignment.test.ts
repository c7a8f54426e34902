import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planAssignment } from "./plan-assignment.ts";

const member = (id: string, ...topics: string[]) => ({ id, topics: new Set(topics) });
const partitions = (topic: string, targets: (string | null)[]) => targets.map((target) => ({ topic, target }));
const count = (owners: (string | null)[], id: string): number => owners.filter((owner) => owner === id).length;

describe("planAssignment", () => {
  it("gives everybody about as many", () => {
    const owners = planAssignment(
      partitions(
        "t",
        Array.from({ length: 10 }, () => null),
      ),
      [member("a", "t"), member("b", "t"), member("c", "t")],
    );
    assert.deepEqual(
      ["a", "b", "c"].map((id) => count(owners, id)).toSorted((x, y) => x - y),
      [3, 3, 4],
    );
  });

  it("moves no more than a newcomer's share, and nothing between those who were there", () => {
    const before = ["a", "a", "a", "b", "b", "b"];
    const after = planAssignment(partitions("t", before), [member("a", "t"), member("b", "t"), member("c", "t")]);
    assert.deepEqual(
      ["a", "b", "c"].map((id) => count(after, id)),
      [2, 2, 2],
    );
    for (const [i, owner] of after.entries()) assert.ok(owner === before[i] || owner === "c");
  });

  it("spreads what a member leaves behind, and moves nothing else", () => {
    const before = ["a", "b", "c", "a", "b", "c"];
    const after = planAssignment(partitions("t", before), [member("a", "t"), member("b", "t")]);
    assert.deepEqual([count(after, "a"), count(after, "b")], [3, 3]);
    for (const [i, owner] of after.entries()) assert.ok(before[i] === "c" || owner === before[i]);
  });

  it("changes nothing that is balanced already", () => {
    const before = ["b", "a", "a", "b", "c"];
    assert.deepEqual(planAssignment(partitions("t", before), [member("c", "t"), member("a", "t"), member("b", "t")]), before);
  });

  it("gives a topic only to those who want it, and to nobody when nobody does", () => {
    const owners = planAssignment(
      [...partitions("t", [null, null]), ...partitions("u", ["a", null]), ...partitions("v", ["a"])],
      [member("a", "t"), member("b", "t", "u")],
    );
    assert.deepEqual(owners, ["a", "a", "b", "b", null]);
  });

  it("answers the same whatever the order of the members", () => {
    const free = partitions(
      "t",
      Array.from({ length: 7 }, () => null),
    );
    const members = [member("a", "t"), member("b", "t"), member("c", "t")];
    assert.deepEqual(planAssignment(free, members.toReversed()), planAssignment(free, members));
  });

  it("stays balanced and stable through any story of comings and goings", () => {
    let targets: (string | null)[] = Array.from({ length: 13 }, () => null);
    for (let step = 1; step <= 300; step += 1) {
      // Every subset of six members, in a scrambled order.
      const present = ["a", "b", "c", "d", "e", "f"].filter((_, i) => ((step * 37) % 63) & (1 << i));
      const members = present.map((id) => member(id, "t"));
      targets = planAssignment(partitions("t", targets), members);
      const loads = present.map((id) => count(targets, id));
      assert.equal(
        loads.reduce((sum, load) => sum + load, 0),
        present.length === 0 ? 0 : 13,
      );
      assert.ok(present.length === 0 || Math.max(...loads) - Math.min(...loads) <= 1, `loads ${loads.join(", ")}`);
      assert.deepEqual(planAssignment(partitions("t", targets), members), targets);
    }
  });
});
