import assert from "node:assert/strict";
import { describe } from "node:test";
import type { EventLog, TopicPartition } from "throughline/seams";
import {
  allPartitions,
  appendAll,
  bytes,
  type GroupMember,
  logTests,
  partitionNames,
  record,
  records,
  values,
} from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogRebalances<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("rebalance", () => {
    test("shares the partitions evenly when members join, each with one owner", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic({ partitions: 6 }), name("group")];
      const members = [await join({ group, topics: [source] })];
      await until("the first has all", () => members[0]!.held().length === 6);
      for (const count of [2, 3]) {
        members.push(await join({ group, topics: [source] }));
        await until(`${count} members have ${6 / count} each`, () => members.every((m) => m.held().length === 6 / count));
        assert.deepEqual(members.flatMap((m) => m.held()).sort(), allPartitions(source, 6));
      }
      assert.deepEqual(
        members.flatMap((m) => m.lost),
        [],
      );
      // Nobody was given anything in exchange.
      assert.deepEqual(
        members.map((m) => m.assigned.length),
        [6, 3, 2],
      );
      const told = (await log.groups()).find((g) => g.group === group);
      assert.equal(told?.state, "stable");
      assert.deepEqual(
        new Set(told.members.map((m) => partitionNames(m.partitions).join())),
        new Set(members.map((m) => m.held().join())),
      );
    });

    test("takes from a member only what another one gets", async ({ topic, name, join, until }) => {
      const [source, group] = [await topic({ partitions: 4 }), name("group")];
      const first = await join({ group, topics: [source] });
      await until("the first has all", () => first.held().length === 4);
      const second = await join({ group, topics: [source] });
      await until("both have two", () => first.held().length === 2 && second.held().length === 2);
      assert.deepEqual(partitionNames(first.revoked), second.held());
      assert.equal(first.assigned.length, 4);
    });

    test("gives a partition to its new owner only when the old one has let it go, with what it committed", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 5, { partition })),
      );
      const gate = Promise.withResolvers<void>();
      const first: GroupMember = await join({
        group,
        topics: [source],
        drainTimeoutMs: 60_000,
        onRevoked: async (partitions) => {
          await gate.promise;
          for (const partition of partitions) first.subscription.commit(partition, 3);
        },
      });
      await until("the first has read all", () => first.records.length === 10);
      const joining = join({ group, topics: [source], sessionTimeoutMs: 60_000 });
      await until("the first is asked to let go", () => first.revoked.length === 1);
      assert.equal(first.held().length, 2, "held until onRevoked settles");
      let assignedEarly = false;
      const watch = joining.then((second) => (assignedEarly = second.assigned.length > 0 && first.held().length === 2));
      const [revoked] = first.revoked;
      assert.ok(revoked);
      const before = first.records.length;
      await appendAll(
        log,
        [0, 1].map((partition) => record(source, "5", { partition })),
      );
      await until("the partition that stays is read on", () => first.records.length === before + 1);
      assert.ok(first.records.at(-1)?.partition !== revoked.partition, "no batch of a partition that is being revoked");
      gate.resolve();
      const second = await joining;
      await watch;
      await until("the second has it", () => second.assigned.length === 1);
      assert.equal(assignedEarly, false);
      assert.equal(second.assigned[0]?.committedOffset, 3);
      await until("the second read on from there", () => second.records.length === 3);
      assert.deepEqual(values(second.records), ["3", "4", "5"]);
      assert.deepEqual(first.lost, []);
    });

    test("asks for a partition once, though another member joins while it is drained", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 6 }), name("group")];
      const gate = Promise.withResolvers<void>();
      const first = await join({ group, topics: [source], drainTimeoutMs: 60_000, onRevoked: () => gate.promise });
      await until("the first has all", () => first.held().length === 6);
      const joining = [join({ group, topics: [source] })];
      await until("the first is asked to let go", () => first.revoked.length > 0);
      assert.equal((await log.groups()).find((g) => g.group === group)?.state, "rebalancing");
      joining.push(join({ group, topics: [source] }));
      await until(
        "the third is in the group",
        async () => (await log.groups()).find((g) => g.group === group)?.members.length === 3,
      );
      gate.resolve();
      const members = [first, ...(await Promise.all(joining))];
      await until("each has two", () => members.every((m) => m.held().length === 2));
      const asked = partitionNames(first.revoked);
      assert.deepEqual(asked, [...new Set(asked)]);
      assert.deepEqual(members.flatMap((m) => m.held()).sort(), allPartitions(source, 6));
    });

    test("gives a partition away after the drain timeout all the same", async ({ topic, name, join, until }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      const first = await join({ group, topics: [source], drainTimeoutMs: 200, onRevoked: () => new Promise<void>(() => {}) });
      await until("the first has both", () => first.held().length === 2);
      const second = await join({ group, topics: [source] });
      await until("the second has one", () => second.held().length === 1);
      await until("the first has only the other", () => first.held().length === 1);
      assert.notDeepEqual(first.held(), second.held());
    });

    test("a member that joins waits for its first partitions no longer than its session", async ({
      topic,
      name,
      join,
      until,
      sessionTimeoutMs,
    }) => {
      const [source, group] = [await topic({ partitions: 1 }), name("group")];
      const gate = Promise.withResolvers<void>();
      const first = await join({ group, topics: [source], drainTimeoutMs: 60_000, onRevoked: () => gate.promise });
      await until("the first has it", () => first.held().length === 1);
      const closing = first.subscription.close();
      const second = await join({ group, topics: [source], sessionTimeoutMs });
      assert.deepEqual(second.held(), []);
      gate.resolve();
      await closing;
      await until("the second has it", () => second.held().length === 1);
    });

    test("lets a member without a partition join, and gives it one when another leaves", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 1 }), name("group")];
      const first = await join({ group, topics: [source] });
      await until("the first has it", () => first.held().length === 1);
      const second = await join({ group, topics: [source] });
      assert.deepEqual(second.held(), []);
      await first.subscription.close();
      assert.deepEqual(partitionNames(first.revoked), [`${source}/0`]);
      await until("the second has it", () => second.held().length === 1);
      await appendAll(log, records(source, 1));
      await until("the second reads it", () => second.records.length === 1);
      assert.deepEqual(first.records, []);
    });

    test("a member that closes commits what it noted, leaves at once, and gets nothing more", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 2, { partition })),
      );
      const member: GroupMember = await join({
        group,
        topics: [source],
        onRevoked: async (partitions) => {
          for (const partition of partitions) member.subscription.commit(partition, 2);
        },
      });
      await until("all arrived", () => member.records.length === 4);
      await Promise.all([member.subscription.close(), member.subscription.close()]);
      await member.subscription.close();
      assert.deepEqual(partitionNames(member.revoked), allPartitions(source, 2));
      assert.deepEqual(member.held(), []);
      assert.deepEqual(
        (await log.committedOffsets(group)).map((c) => c.offset),
        [2, 2],
      );
      const told = (await log.groups()).find((g) => g.group === group);
      assert.deepEqual([told?.state, told?.members], ["empty", []]);
      await appendAll(log, records(source, 1, { partition: 0 }));
      const next = await join({ group, topics: [source] });
      await until("the next member got it", () => next.records.length === 1);
      assert.equal(member.records.length, 4);
    });

    test("members with different topics get only what they asked for", async ({ topic, name, join, until }) => {
      const [a, b, group] = [await topic({ partitions: 2 }), await topic({ partitions: 2 }), name("group")];
      const onlyA = await join({ group, topics: [a] });
      const both = await join({ group, topics: [a, b] });
      await until("everything is owned", () => onlyA.held().length + both.held().length === 4);
      await until("b is with the member that asked for it", () => allPartitions(b, 2).every((p) => both.held().includes(p)));
      assert.ok(onlyA.held().every((p) => p.startsWith(a)));
    });

    test("a member that comes back under its name with other topics reads those, and leaves the others to the rest", async ({
      topic,
      name,
      join,
      until,
    }) => {
      const [kept, dropped] = [await topic({ partitions: 2 }), await topic({ partitions: 2 })];
      const [added, group] = [await topic({ partitions: 2 }), name("group")];
      const first = await join({ group, topics: [kept, dropped], instanceId: "one" });
      const second = await join({ group, topics: [kept, dropped], instanceId: "two" });
      await until("each has two", () => [first, second].every((member) => member.held().length === 2));
      const back = await join({ group, topics: [kept, added], instanceId: "one" });
      await until("it reads the added topic", () => allPartitions(added, 2).every((p) => back.held().includes(p)));
      await until("the other reads the dropped one", () => allPartitions(dropped, 2).every((p) => second.held().includes(p)));
      assert.ok(!back.held().some((p) => p.startsWith(dropped)));
    });

    test("members that come and go lose no record, and handle none twice when they commit in onRevoked", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 5 }), name("group")];
      const handled: string[] = [];
      const worker = async () => {
        const next = new Map<number, number>();
        const running = new Map<number, Promise<void>>();
        const member: GroupMember = await join({
          group,
          topics: [source],
          maxBatchRecords: 7,
          drainTimeoutMs: 60_000,
          onBatch: (batch) => {
            const work = (async () => {
              await new Promise(setImmediate);
              for (const r of batch.records) handled.push(`${r.partition}/${r.offset}`);
              next.set(batch.partition, batch.nextOffset);
            })();
            running.set(batch.partition, work);
            return work;
          },
          onRevoked: async (partitions: readonly TopicPartition[]) => {
            for (const p of partitions) {
              await running.get(p.partition);
              const offset = next.get(p.partition);
              if (offset !== undefined) member.subscription.commit(p, offset);
            }
          },
        });
        return member;
      };
      const total = 600;
      const appending = (async () => {
        for (let i = 0; i < total; i += 20) {
          await appendAll(
            log,
            Array.from({ length: 20 }, (_, k) => record(source, `${i + k}`, { key: bytes(`${i + k}`) })),
          );
          await new Promise(setImmediate);
        }
      })();
      const first = await worker();
      await until("the first has begun", () => handled.length > 0);
      const second = await worker();
      await until("the second has begun", () => second.records.length > 0 || handled.length === total);
      const third = await worker();
      await first.subscription.close();
      await appending;
      await second.subscription.close();
      await until("all were handled", () => new Set(handled).size === total);
      assert.equal(handled.length, total);
      assert.deepEqual(third.errors, []);
    });

    test(
      "an expired member is told that its partitions are lost, its commits are refused, and it joins again",
      async ({ log, topic, name, join, until }) => {
        const [source, group] = [await topic({ partitions: 1 }), name("group")];
        await appendAll(log, records(source, 4));
        const first = await join({ group, topics: [source] });
        await until("the first has read", () => first.records.length === 4);
        first.subscription.commit({ topic: source, partition: 0 }, 1);
        await first.subscription.flush();
        const second = await join({ group, topics: [source] });
        await underTest.expire!(log, first.subscription);
        await until("the second has the partition", () => second.held().length === 1);
        assert.equal(second.assigned[0]?.committedOffset, 1);
        const refused = async (why: string) => {
          first.subscription.commit({ topic: source, partition: 0 }, 4);
          await first.subscription.flush();
          assert.deepEqual(await log.committedOffsets(group), [{ topic: source, partition: 0, offset: 1 }], why);
        };
        await refused("whether or not the expired member knows");
        await until("the first knows", () => first.lost.length === 1);
        assert.deepEqual([first.held(), first.revoked], [[], []]);
        await refused("when it knows");

        second.subscription.commit({ topic: source, partition: 0 }, 2);
        await second.subscription.flush();
        assert.deepEqual(await log.committedOffsets(group), [{ topic: source, partition: 0, offset: 2 }]);

        await second.subscription.close();
        await until("the first has it again", () => first.held().length === 1);
        assert.deepEqual(
          first.assigned.map((p) => p.committedOffset),
          [null, 2],
        );
      },
      "expire",
    );

    test("the group shows who holds what", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      const member = await join({ group, topics: [source], clientId: "billing-1" });
      await until("both are assigned", () => member.held().length === 2);
      const told = (await log.groups()).find((g) => g.group === group);
      assert.equal(told?.state, "stable");
      assert.deepEqual(
        told.members.map((m) => [m.clientId, m.instanceId, partitionNames(m.partitions)]),
        [["billing-1", null, allPartitions(source, 2)]],
      );
      assert.ok(told.members[0]?.id);
    });
  });

  if (underTest.features.processes) processTests(underTest);
}

function processTests<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("groups across clients and processes", () => {
    test(
      "clients of one log share a group, and wake one another",
      async ({ topic, name, join, until, reopen }) => {
        const [source, group, other] = [await topic({ partitions: 4 }), name("group"), await reopen()];
        const here = await join({ group, topics: [source] });
        const there = await join({ group, topics: [source] }, other);
        await until("both have two", () => here.held().length === 2 && there.held().length === 2);
        await appendAll(
          other,
          [0, 1, 2, 3].map((partition) => record(source, `${partition}`, { partition })),
        );
        await until("all arrived, each once", () => here.records.length === 2 && there.records.length === 2);
        await there.subscription.close();
        await until("all are here", () => here.held().length === 4);
      },
      "reopen",
    );

    test(
      "a killed process's partitions go to another member, from what it committed",
      async (fixture) => {
        const { log, name, topic, join, until, sessionTimeoutMs } = fixture;
        const [source, group] = [await topic({ partitions: 2 }), name("group")];
        await appendAll(
          log,
          [0, 1].flatMap((partition) => records(source, 5, { partition })),
        );
        const child = await underTest.spawnMember!(log, { group, topic: source, sessionTimeoutMs });
        fixture.t.after(() => child.kill());
        await until("the process committed all", async () => {
          const committed = await log.committedOffsets(group);
          return committed.length === 2 && committed.every((c) => c.offset === 5);
        });
        await child.kill();
        await appendAll(
          log,
          [0, 1].map((partition) => record(source, "5", { partition })),
        );
        const heir = await join({ group, topics: [source], sessionTimeoutMs });
        await until("the heir has both", () => heir.held().length === 2);
        await until("the heir read what is new", () => heir.records.length === 2);
        assert.deepEqual(
          heir.assigned.map((p) => p.committedOffset),
          [5, 5],
        );
        assert.deepEqual(values(heir.records), ["5", "5"]);
      },
      "spawnMember",
    );

    test(
      "a static member that was killed finds its partitions again under its name, and others keep theirs",
      async (fixture) => {
        const { log, name, topic, join, until } = fixture;
        const [source, group, sessionTimeoutMs] = [await topic({ partitions: 4 }), name("group"), 30_000];
        const child = await underTest.spawnMember!(log, { group, topic: source, sessionTimeoutMs, instanceId: "one" });
        fixture.t.after(() => child.kill());
        const other = await join({ group, topics: [source], sessionTimeoutMs, instanceId: "two" });
        await until("both have two", async () => {
          const told = (await log.groups()).find((g) => g.group === group);
          return other.held().length === 2 && told?.members.length === 2 && told.members.every((m) => m.partitions.length === 2);
        });
        const held = other.held();
        await child.kill();
        const back = await join({ group, topics: [source], sessionTimeoutMs, instanceId: "one" });
        await until("it has two again", () => back.held().length === 2);
        assert.deepEqual(other.held(), held);
        assert.deepEqual(other.assigned.length, held.length + other.revoked.length);
        assert.deepEqual([...back.held(), ...other.held()].sort(), allPartitions(source, 4));
      },
      "spawnMember",
    );
  });
}
