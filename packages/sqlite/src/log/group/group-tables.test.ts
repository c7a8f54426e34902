import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, it } from "node:test";
import { createGroupSchema } from "./group-schema.ts";
import {
  acquire,
  addMember,
  assignmentsOf,
  commitOffset,
  committedOffsets,
  type MemberRow,
  release,
  removeMember,
  replan,
} from "./group-tables.ts";

const group = "billing";
const order = { id: "id-1", name: "order", partitions: 2 };
const member = (id: string, instanceId: string | null = null): MemberRow => ({
  id,
  clientId: null,
  instanceId,
  process: "p",
  topics: ["order"],
  sessionMs: 1_000,
  heartbeatMs: 1,
});

let db: DatabaseSync;
beforeEach(() => {
  db = new DatabaseSync(":memory:");
  createGroupSchema(db, "memory");
});

function joins(...members: MemberRow[]): void {
  for (const row of members) addMember(db, group, row);
  replan(db, group, [order]);
}

const owners = () => assignmentsOf(db, group).map(({ owner }) => owner);
const targets = () => assignmentsOf(db, group).map(({ target }) => target);
const acquired = (id: string) => acquire(db, group, id).map(({ partition }) => partition);

describe("ownership", () => {
  it("is never taken from an owner that is a member, whoever shall have the partition", () => {
    joins(member("a"));
    assert.deepEqual(acquired("a"), [0, 1]);
    joins(member("b"));
    assert.deepEqual(
      [owners(), targets()],
      [
        ["a", "a"],
        ["a", "b"],
      ],
    );
    assert.deepEqual(acquired("b"), []);
    assert.deepEqual(owners(), ["a", "a"]);
  });

  it("is free once released, and the next owner has another generation", () => {
    joins(member("a"));
    const [, second] = acquire(db, group, "a");
    joins(member("b"));
    assert.ok(second);
    release(db, group, "a", [second]);
    assert.deepEqual(acquired("b"), [1]);
    assert.deepEqual(
      assignmentsOf(db, group).map(({ generation }) => generation),
      [1, 2],
    );
  });

  it("cannot be released by an earlier owner, or in an earlier generation", () => {
    joins(member("a"));
    const old = acquire(db, group, "a");
    removeMember(db, group, "a");
    joins(member("b"));
    assert.deepEqual(acquired("b"), [0, 1]);
    release(db, group, "a", old);
    assert.deepEqual(owners(), ["b", "b"]);
    removeMember(db, group, "b");
    joins(member("a"));
    assert.deepEqual(acquired("a"), [0, 1]);
    release(db, group, "a", old);
    assert.deepEqual(owners(), ["a", "a"]);
  });

  it("ends with membership", () => {
    joins(member("a"), member("b"));
    acquire(db, group, "a");
    acquire(db, group, "b");
    removeMember(db, group, "a");
    replan(db, group, []);
    assert.deepEqual(
      [owners(), targets()],
      [
        [null, "b"],
        ["b", "b"],
      ],
    );
  });

  it("goes to who comes back under the same instance id, and nothing else moves", () => {
    joins(member("a", "one"), member("b", "two"));
    acquire(db, group, "a");
    acquire(db, group, "b");
    joins(member("c", "one"));
    assert.deepEqual(
      [owners(), targets()],
      [
        [null, "b"],
        ["c", "b"],
      ],
    );
  });

  it("of a topic that was made anew begins again", () => {
    joins(member("a"));
    acquire(db, group, "a");
    replan(db, group, [{ ...order, id: "id-2", partitions: 1 }]);
    assert.deepEqual(assignmentsOf(db, group), [
      { topicId: "id-2", topic: "order", partition: 0, owner: null, target: "a", generation: 0 },
    ]);
  });
});

describe("a commit", () => {
  it("is written by the owner of the partition, and by nobody else and in no other generation", () => {
    joins(member("a"));
    const [first] = acquire(db, group, "a");
    assert.ok(first);
    commitOffset(db, group, "a", first, 5);
    commitOffset(db, group, "b", first, 6);
    commitOffset(db, group, "a", { ...first, generation: first.generation - 1 }, 7);
    commitOffset(db, group, "a", { ...first, partition: 9 }, 8);
    assert.deepEqual(committedOffsets(db, group), [{ topic: "order", partition: 0, offset: 5 }]);
    assert.equal(acquire(db, group, "a")[0]?.committedOffset, 5);
  });
});
