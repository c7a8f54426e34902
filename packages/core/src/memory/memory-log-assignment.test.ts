import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shareOut } from "./memory-log-assignment.ts";

const anything = () => true;
const nobody = () => undefined;

function loads(owners: Map<unknown, string>, members: readonly string[]): number[] {
  return members.map((member) => [...owners.values()].filter((owner) => owner === member).length);
}

describe("shareOut", () => {
  test("spreads free partitions evenly", () => {
    const partitions = [0, 1, 2, 3, 4, 5, 6];
    const owners = shareOut(partitions, ["x", "y", "z"], anything, nobody);
    assert.deepEqual(
      [...owners.keys()].sort((a, b) => a - b),
      partitions,
    );
    assert.deepEqual(
      loads(owners, ["x", "y", "z"]).sort((a, b) => a - b),
      [2, 2, 3],
    );
  });

  test("moves no more than evening out needs", () => {
    const partitions = [0, 1, 2, 3, 4, 5];
    const holder = (partition: number) => (partition < 3 ? "x" : "y");
    const owners = shareOut(partitions, ["x", "y", "z"], anything, holder);
    assert.deepEqual(loads(owners, ["x", "y", "z"]), [2, 2, 2]);
    assert.equal(partitions.filter((partition) => owners.get(partition) !== holder(partition)).length, 2);
  });

  test("leaves an even share as it is", () => {
    const holder = (partition: number) => (partition % 2 === 0 ? "x" : "y");
    const owners = shareOut([0, 1, 2, 3, 4], ["x", "y"], anything, holder);
    for (const [partition, owner] of owners) assert.equal(owner, holder(partition));
  });

  test("gives what a member that is gone held to the others", () => {
    const owners = shareOut([0, 1, 2, 3], ["x"], anything, (partition) => (partition < 2 ? "x" : "gone"));
    assert.deepEqual([...owners.values()], ["x", "x", "x", "x"]);
  });

  test("gives nobody what nobody wants, and each only what it wants", () => {
    const owners = shareOut(
      ["a/0", "a/1", "b/0", "c/0"],
      ["x", "y"],
      (member, partition) => partition.startsWith("a") || (member === "y" && partition.startsWith("b")),
      nobody,
    );
    assert.equal(owners.has("c/0"), false);
    assert.equal(owners.get("b/0"), "y");
    assert.deepEqual(
      loads(owners, ["x", "y"]).sort((a, b) => a - b),
      [1, 2],
    );
  });
});
